package postgres

// WriteApplication is what every transaction that moves an application calls.
var WriteApplication = writeApplication
