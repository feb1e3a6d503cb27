// Package pgtest gives each test a database of its own, on a real PostgreSQL: one private
// cluster a test program, migrated once into a template, cloned for each test.
package pgtest
