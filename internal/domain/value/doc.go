// Package value holds the small values of the portal: a SIRET, a commune code, a
// dossier reference, a secret. Each is parsed once and is valid for ever; the zero
// value of each means "none".
package value
