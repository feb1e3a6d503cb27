// Command gen writes the tables of package place from two versions of the npm package
// @etalab/decoupage-administratif: the newest, for today's communes and départements, and
// 0.7.0, the last that carried the history of every commune since 1943. Run by hand, with
// npm on the path: go generate ./internal/domain/place
package main
