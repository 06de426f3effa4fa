// Package leak proves that nobody is shown what is not theirs. Its test plants a word in every hidden field around a ticket,
// plays the ticket's whole life, and looks for the words in all that each person can get hold of: pages, answers of the
// API, searches and counts, files, and the mails as they go out. It has no other code.
package leak
