package apidocs

import "strings"

// block is a paragraph, or a list.
type block struct {
	Spans []span
	Items [][]span // of a list; nil for a paragraph
}

// span is a piece of text: plain, code, or the text of a link.
type span struct {
	Text string
	Code bool
	URL  string
}

// prose reads a description: paragraphs apart by blank lines, lists of "- ", `code` and
// [links](address). It is what the document uses of CommonMark.
func prose(description string) (blocks []block) {
	for part := range strings.SplitSeq(strings.TrimSpace(description), "\n\n") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		items, isList := strings.CutPrefix(part, "- ")
		if !isList {
			blocks = append(blocks, block{Spans: spans(strings.ReplaceAll(part, "\n", " "))})
			continue
		}
		var list block
		for item := range strings.SplitSeq(items, "\n- ") {
			list.Items = append(list.Items, spans(strings.ReplaceAll(item, "\n", " ")))
		}
		blocks = append(blocks, list)
	}
	return blocks
}

// spans reads a line.
func spans(line string) (found []span) {
	add := func(s span) {
		if s.Text != "" {
			found = append(found, s)
		}
	}
	for line != "" {
		at := strings.IndexAny(line, "`[")
		if at < 0 {
			break
		}
		before, rest := line[:at], line[at+1:]
		if line[at] == '`' {
			code, after, closed := strings.Cut(rest, "`")
			if !closed {
				break
			}
			add(span{Text: before})
			add(span{Text: code, Code: true})
			line = after
			continue
		}
		text, after, linked := strings.Cut(rest, "](")
		address, end, closed := strings.Cut(after, ")")
		if !linked || !closed {
			break
		}
		add(span{Text: before})
		add(span{Text: text, URL: address})
		line = end
	}
	add(span{Text: line})
	return found
}
