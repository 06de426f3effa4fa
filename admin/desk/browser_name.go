package desk

import "strings"

// browserName is how a person knows a browser again, from what it calls itself: Firefox, Linux. What is unknown is shown as
// it calls itself.
func browserName(agent string) string {
	pick := func(pairs ...string) string { // the first one whose mark is there; the order matters, for browsers claim to be others
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	browser := pick("Edg/", "Edge", "EdgA/", "Edge", "OPR/", "Opera", "SamsungBrowser/", "Samsung Internet", "Firefox/", "Firefox", "FxiOS/", "Firefox",
		"CriOS/", "Chrome", "Chrome/", "Chrome", "Safari/", "Safari")
	system := pick("Windows", "Windows", "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser == "":
		if len(agent) > 60 {
			agent = agent[:60] + "…"
		}
		return agent
	case system == "":
		return browser
	}
	return browser + ", " + system
}
