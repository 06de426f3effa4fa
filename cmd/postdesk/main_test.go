package main

import (
	"testing"

	"postdesk/core/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
