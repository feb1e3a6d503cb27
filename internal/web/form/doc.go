// Package form holds the fields of a form between the request that brought them and the
// page that shows them again. A field keeps what the person typed, and the code of the
// sentence that refuses it; the sentences are in templates/messages.
package form
