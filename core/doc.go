// Package core holds the words of a help desk and its rules: persons, services, roles and the permission matrix,
// tickets and their transitions, log records, redaction, and who is told what. It is pure: no I/O, no SQL, no clock,
// no goroutine, and it imports the standard library only. Rule ids in comments (A.., C.., D.., E..) are those of
// docs/roles.md.
package core
