package demo

import _ "embed"

// CityFile is the desk file of the sample city. Its mail servers' ports are placeholders.
//
//go:embed city.yaml
var CityFile []byte

// CityDomain is the mail domain of the sample city, CityPassword the one password of all its people.
const (
	CityDomain   = "city.test"
	CityPassword = "demo-city"
	// CityMailbox is where its people write to.
	CityMailbox = "it@city.test"
)
