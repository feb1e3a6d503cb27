// Package pattern is the pattern book of the back-office: one invented page for each way in
// which its pages are made, in every state that a real page may be in. A page of a space is
// begun by copying the template of its kind from templates/pages/pattern.
//
// No route serves these pages. The tests check them, and the gallery of internal/e2e looks at
// them in a browser, so that a change of a layout or of a component is seen at its longest
// names, empty, refused and full, whatever the real pages happen to show.
package pattern
