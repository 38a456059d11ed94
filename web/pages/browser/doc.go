// Package browser holds the stories of people in front of a browser: tests that drive a headless Chromium through the
// pages of a market of their own, without a script and by keyboard, on a telephone and a desktop, in every language.
//
// They run where a Chromium is found, and fail where HAAT_TEST_BROWSER=required says that there has to be one. Pictures
// of what they saw are left in the folder that HAAT_TEST_SCREENSHOTS names.
package browser
