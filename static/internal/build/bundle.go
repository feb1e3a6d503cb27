package main

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// banner keeps the notice of the files that the bundle is made from.
const banner = "/*! DSFR, a subset | SPDX-License-Identifier: MIT | License-Filename: LICENSE.md | restricted use (see terms and conditions) */\n"

var (
	classPattern    = regexp.MustCompile(`\.(-?[_a-zA-Z][-_a-zA-Z0-9]*)`)
	negationPattern = regexp.MustCompile(`:not\([^()]*\)`)
	variablePattern = regexp.MustCompile(`var\(\s*(--[-\w]+)`)
	addressPattern  = regexp.MustCompile(`url\((?:"([^"]*)"|([^"'()]*))\)`)
)

// bundle makes one stylesheet of the DSFR's core, components and icons, and names the files that it needs. pageStyle is the
// portal's own style: the custom properties that it reads are kept.
func bundle(dist fs.FS, pageStyle string) (stylesheet string, needed []string, err error) {
	rules, err := readRules(dist)
	if err != nil {
		return "", nil, err
	}
	rules = withoutUnusedVariables(rules, pageStyle)
	var out strings.Builder
	out.WriteString(banner)
	printRules(&out, rules)
	for _, match := range addressPattern.FindAllStringSubmatch(out.String(), -1) {
		if address := match[1] + match[2]; !isInline(address) {
			needed = append(needed, address)
		}
	}
	slices.Sort(needed)
	return out.String(), slices.Compact(needed), nil
}

// readRules gives the wanted rules in the order of the cascade: core, components, icons, then what printing changes.
func readRules(dist fs.FS) ([]rule, error) {
	screen, printed := []string{"core/core.main.min.css"}, []string{"core/core.print.min.css"}
	for _, name := range components {
		screen = append(screen, path.Join("component", name, name+".main.min.css"))
		printed = append(printed, path.Join("component", name, name+".print.min.css"))
	}
	const iconFile = "utility/icons/icons.main.min.css"
	var rules []rule
	for _, file := range slices.Concat(screen, []string{iconFile}, printed) {
		source, err := fs.ReadFile(dist, file)
		if err != nil {
			return nil, fmt.Errorf("read stylesheet: %w", err)
		}
		parsed, err := parseRules(withAddressesFrom(path.Dir(file), string(source)))
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", file, err)
		}
		kept := isKept
		if file == iconFile {
			if err := checkIcons(parsed); err != nil {
				return nil, err
			}
			kept = isWantedIcon
		}
		rules = append(rules, withSelectors(parsed, kept)...)
	}
	return rules, nil
}

// withAddressesFrom rewrites the addresses of a stylesheet of folder, so that they start from the DSFR's root.
func withAddressesFrom(folder, source string) string {
	return addressPattern.ReplaceAllStringFunc(source, func(found string) string {
		match := addressPattern.FindStringSubmatch(found)
		if address := match[1] + match[2]; !isInline(address) {
			return "url(" + path.Join(folder, address) + ")"
		}
		return found
	})
}

func isInline(address string) bool {
	return strings.HasPrefix(address, "data:") || strings.HasPrefix(address, "#")
}

// withSelectors keeps, of each style rule, the selectors that kept accepts, and of the font faces those of the list.
func withSelectors(rules []rule, kept func(selector string) bool) []rule {
	var remaining []rule
	for _, r := range rules {
		switch {
		case r.rules != nil:
			r.rules = withSelectors(r.rules, kept)
			if len(r.rules) == 0 {
				continue
			}
		case r.prelude == "@font-face":
			body, wanted := fontFace(r.body)
			if !wanted {
				continue
			}
			r.body = body
		case !strings.HasPrefix(r.prelude, "@"):
			selectors := slices.DeleteFunc(splitOutside(r.prelude, ","), func(s string) bool { return !kept(s) })
			if len(selectors) == 0 {
				continue
			}
			r.prelude = strings.Join(selectors, ",")
		}
		remaining = append(remaining, r)
	}
	return remaining
}

// fontFace reduces a face to its woff2 file, which every browser with custom properties reads, when it is one of the list.
func fontFace(body string) (reduced string, wanted bool) {
	i := slices.IndexFunc(fonts, func(file string) bool { return strings.Contains(body, "/"+file) })
	if i < 0 {
		return "", false
	}
	declarations := splitOutside(body, ";")
	for n, declaration := range declarations {
		if strings.HasPrefix(declaration, "src:") {
			declarations[n] = `src:url(fonts/` + fonts[i] + `) format("woff2")`
		}
	}
	return strings.Join(declarations, ";"), true
}

// isKept refuses the selectors that can only match a class that is left out; a class inside :not() is no such condition.
func isKept(selector string) bool {
	for _, match := range classPattern.FindAllStringSubmatch(negationPattern.ReplaceAllString(selector, ""), -1) {
		for _, pattern := range leftOutClasses {
			if pattern.MatchString(match[1]) {
				return false
			}
		}
	}
	return true
}

func isWantedIcon(selector string) bool {
	match := classPattern.FindStringSubmatch(selector)
	return match != nil && slices.Contains(icons, strings.TrimPrefix(match[1], "fr-icon-"))
}

// checkIcons tells the listed icons that the DSFR does not have.
func checkIcons(rules []rule) error {
	published := map[string]bool{}
	for _, r := range rules {
		for _, match := range classPattern.FindAllStringSubmatch(r.prelude, -1) {
			published[strings.TrimPrefix(match[1], "fr-icon-")] = true
		}
	}
	absent := slices.DeleteFunc(slices.Clone(icons), func(name string) bool { return published[name] })
	if len(absent) > 0 {
		return fmt.Errorf("choose icons: the DSFR has no %s", strings.Join(absent, ", "))
	}
	return nil
}

// withoutUnusedVariables drops the custom properties that no declaration reads, directly or through another: most of the
// DSFR's palette.
func withoutUnusedVariables(rules []rule, pageStyle string) []rule {
	read := map[string]bool{}        // by an ordinary declaration, or by a variable that is itself read
	through := map[string][]string{} // variable → those that its values read
	note := func(text string) {
		for _, match := range variablePattern.FindAllStringSubmatch(text, -1) {
			markRead(match[1], read, through)
		}
	}
	eachDeclaration(rules, func(name, value string) {
		for _, match := range variablePattern.FindAllStringSubmatch(value, -1) {
			if strings.HasPrefix(name, "--") {
				through[name] = append(through[name], match[1])
			}
		}
	})
	note(pageStyle)
	eachDeclaration(rules, func(name, value string) {
		if !strings.HasPrefix(name, "--") {
			note(value)
		}
	})
	return withDeclarations(rules, func(name string) bool { return !strings.HasPrefix(name, "--") || read[name] })
}

func markRead(name string, read map[string]bool, through map[string][]string) {
	if read[name] {
		return
	}
	read[name] = true
	for _, next := range through[name] {
		markRead(next, read, through)
	}
}

func eachDeclaration(rules []rule, visit func(name, value string)) {
	for _, r := range rules {
		eachDeclaration(r.rules, visit)
		for _, declaration := range splitOutside(r.body, ";") {
			name, value, _ := strings.Cut(declaration, ":")
			visit(name, value)
		}
	}
}

// withDeclarations keeps the accepted declarations of style rules, and the rules that still have one.
func withDeclarations(rules []rule, kept func(name string) bool) []rule {
	var remaining []rule
	for _, r := range rules {
		if r.rules != nil {
			r.rules = withDeclarations(r.rules, kept)
		} else if !strings.HasPrefix(r.prelude, "@") {
			declarations := slices.DeleteFunc(splitOutside(r.body, ";"), func(d string) bool {
				name, _, _ := strings.Cut(d, ":")
				return !kept(name)
			})
			r.body = strings.Join(declarations, ";")
		}
		if len(r.rules) > 0 || r.body != "" {
			remaining = append(remaining, r)
		}
	}
	return remaining
}
