// Package browser holds the tests that drive the real binary in a real browser:
// go tool task test:browser. They are behind the build tag "browser", since they
// need bin/heddle and chromium.
package browser
