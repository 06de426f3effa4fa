// Package rights proves that every way in obeys the one matrix. Its test has a table of what can be done, by which ways,
// and who gets which answer in which state of a ticket; it tries each cell through the operation, the API, the desk's forms
// and mail, and fails where there is a route or an operation that the table does not know. It has no other code.
package rights
