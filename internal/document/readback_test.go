package document

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// readPDF is a file as a reader sees it: pdfcpu parses and validates it, what follows
// walks its structure from the root down, as assistive technologies do.
type readPDF struct {
	t       testing.TB
	context *model.Context
	catalog types.Dict
	pages   []readPage
	nodes   []readNode // in reading order
}

type readPage struct {
	number   int // of its object
	content  string
	marks    map[int]string // text of each marked piece
	artifact string         // text outside the structure
	stray    string         // what is shown neither as a piece nor as an artifact
}

// readNode is one element of the structure with the text of its own pieces.
type readNode struct {
	number    int
	kind, alt string
	text      string
	pages     map[int]bool // the pages on which it has pieces
	scope     string
}

func readBack(t testing.TB, file []byte) *readPDF {
	t.Helper()
	api.DisableConfigDir()
	context, err := api.ReadContext(bytes.NewReader(file), model.NewDefaultConfiguration())
	if err != nil {
		t.Fatalf("read the PDF: %v", err)
	}
	if err := api.ValidateContext(context); err != nil {
		t.Fatalf("validate the PDF: %v", err)
	}
	catalog, err := context.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	r := &readPDF{t: t, context: context, catalog: catalog}
	for number := 1; number <= context.PageCount; number++ {
		r.pages = append(r.pages, r.readPage(number))
	}
	root := r.dict(catalog["StructTreeRoot"])
	r.walk(root["K"].(types.IndirectRef))
	return r
}

func (r *readPDF) dict(object types.Object) types.Dict {
	r.t.Helper()
	dict, err := r.context.DereferenceDict(object)
	if err != nil || dict == nil {
		r.t.Fatalf("%v is no dictionary: %v", object, err)
	}
	return dict
}

func (r *readPDF) array(object types.Object) types.Array {
	r.t.Helper()
	array, err := r.context.DereferenceArray(object)
	if err != nil {
		r.t.Fatalf("%v is no array: %v", object, err)
	}
	return array
}

func (r *readPDF) stream(object types.Object) []byte {
	r.t.Helper()
	stream, _, err := r.context.DereferenceStreamDict(object)
	if err != nil || stream == nil {
		r.t.Fatalf("%v is no stream: %v", object, err)
	}
	if err := stream.Decode(); err != nil {
		r.t.Fatal(err)
	}
	return stream.Content
}

func (r *readPDF) text(object types.Object) string {
	r.t.Helper()
	text, err := r.context.DereferenceText(object)
	if err != nil {
		r.t.Fatal(err)
	}
	return text
}

var (
	operators = regexp.MustCompile(`/Artifact[^\n]* ?B[MD]C|/(\w+)<</MCID (\d+)>>BDC|EMC|/([RB]) [\d.]+ Tf|<([0-9A-F]*)>Tj`)
	bfchar    = regexp.MustCompile(`<([0-9A-F]{4})><([0-9A-F]+)>\n`)
)

func (r *readPDF) readPage(pageNumber int) readPage {
	r.t.Helper()
	dict, reference, _, err := r.context.PageDict(pageNumber, false)
	if err != nil {
		r.t.Fatal(err)
	}
	unicodes := map[string]map[string]string{}
	for name, font := range r.dict(r.dict(dict["Resources"])["Font"]) {
		unicodes[name] = map[string]string{}
		for _, pair := range bfchar.FindAllStringSubmatch(string(r.stream(r.dict(font)["ToUnicode"])), -1) {
			unicodes[name][pair[1]] = fromUTF16(r.t, pair[2])
		}
	}
	page := readPage{number: reference.ObjectNumber.Value(), content: string(r.stream(dict["Contents"])), marks: map[int]string{}}
	const outside, inArtifact = -1, -2
	inside, font := outside, ""
	for _, operator := range operators.FindAllStringSubmatch(page.content, -1) {
		switch {
		case strings.HasPrefix(operator[0], "/Artifact"):
			inside = inArtifact
		case operator[1] != "":
			inside, _ = strconv.Atoi(operator[2])
			if _, twice := page.marks[inside]; twice {
				r.t.Errorf("page %d has two pieces %d", pageNumber, inside)
			}
			page.marks[inside] = ""
		case operator[0] == "EMC":
			inside = outside
		case operator[3] != "":
			font = operator[3]
		default:
			var shown strings.Builder
			for i := 0; i < len(operator[4]); i += 4 {
				shown.WriteString(unicodes[font][operator[4][i:i+4]])
			}
			switch inside {
			case outside:
				page.stray += shown.String()
			case inArtifact:
				page.artifact += shown.String()
			default:
				page.marks[inside] += shown.String()
			}
		}
	}
	return page
}

func fromUTF16(t testing.TB, digits string) string {
	t.Helper()
	octets, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	units := make([]uint16, len(octets)/2)
	for i := range units {
		units[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
	}
	return string(utf16.Decode(units))
}

func (r *readPDF) walk(reference types.IndirectRef) {
	r.t.Helper()
	dict := r.dict(reference)
	node := readNode{number: reference.ObjectNumber.Value(), kind: *dict.NameEntry("S"), pages: map[int]bool{}}
	if alt, found := dict["Alt"]; found {
		node.alt = r.text(alt)
	}
	if attributes, found := dict["A"]; found {
		if scope := r.dict(attributes).NameEntry("Scope"); scope != nil {
			node.scope = *scope
		}
	}
	var children []types.IndirectRef
	for _, kid := range r.array(dict["K"]) {
		switch kid := kid.(type) {
		case types.Integer:
			r.readPiece(&node, *dict.IndirectRefEntry("Pg"), kid.Value())
		case types.Dict:
			if *kid.NameEntry("Type") == "MCR" {
				r.readPiece(&node, *kid.IndirectRefEntry("Pg"), *kid.IntEntry("MCID"))
			}
		case types.IndirectRef:
			children = append(children, kid)
		}
	}
	r.nodes = append(r.nodes, node)
	for _, child := range children {
		if parent := r.dict(child).IndirectRefEntry("P"); parent.ObjectNumber != reference.ObjectNumber {
			r.t.Errorf("%s %d does not name its parent", node.kind, node.number)
		}
		r.walk(child)
	}
}

func (r *readPDF) readPiece(node *readNode, page types.IndirectRef, id int) {
	r.t.Helper()
	for index, p := range r.pages {
		if p.number == page.ObjectNumber.Value() {
			text, found := p.marks[id]
			if !found {
				r.t.Errorf("page %d has no piece %d", index+1, id)
			}
			node.text += text
			node.pages[index] = true
			return
		}
	}
	r.t.Errorf("no page has the number %d", page.ObjectNumber)
}

// outline lists the elements that have text, "kind text" each.
func (r *readPDF) outline() []string {
	var list []string
	for _, node := range r.nodes {
		switch {
		case node.text != "":
			list = append(list, node.kind+" "+node.text)
		case node.alt != "":
			list = append(list, node.kind+" ["+node.alt+"]")
		}
	}
	return list
}

// count is the number of elements of a kind.
func (r *readPDF) count(kind string) int {
	count := 0
	for _, node := range r.nodes {
		if node.kind == kind {
			count++
		}
	}
	return count
}

// parents reads the parent tree: for each key, the elements it leads to.
func (r *readPDF) parents() map[int][]int {
	r.t.Helper()
	tree := map[int][]int{}
	nums := r.array(r.dict(r.dict(r.catalog["StructTreeRoot"])["ParentTree"])["Nums"])
	for i := 0; i < len(nums); i += 2 {
		key := nums[i].(types.Integer).Value()
		switch value := nums[i+1].(type) {
		case types.IndirectRef:
			tree[key] = []int{value.ObjectNumber.Value()}
		case types.Array:
			tree[key] = []int{}
			for _, owner := range value {
				tree[key] = append(tree[key], owner.(types.IndirectRef).ObjectNumber.Value())
			}
		}
	}
	return tree
}

// checkTagged verifies what makes a PDF readable aloud, whatever it says: language,
// title, structure, and a parent tree that leads from every piece of every page back to
// the element that owns it.
func (r *readPDF) checkTagged(title string) {
	r.t.Helper()
	if lang := r.text(r.catalog["Lang"]); lang != "fr-FR" {
		r.t.Errorf("the language is %q", lang)
	}
	if marked := r.dict(r.catalog["MarkInfo"]).BooleanEntry("Marked"); marked == nil || !*marked {
		r.t.Error("the file does not say that it is tagged")
	}
	if shown := r.dict(r.catalog["ViewerPreferences"]).BooleanEntry("DisplayDocTitle"); shown == nil || !*shown {
		r.t.Error("the window would show the name of the file instead of the title")
	}
	if got := r.text(r.dict(*r.context.Info)["Title"]); got != title {
		r.t.Errorf("the title is %q, want %q", got, title)
	}
	if metadata := string(r.stream(r.catalog["Metadata"])); !strings.Contains(metadata, ">"+title+"<") {
		r.t.Errorf("the metadata lacks the title: %s", metadata)
	}
	if r.nodes[0].kind != "Document" || r.count("H1") != 1 {
		r.t.Errorf("the structure starts with %s and has %d H1", r.nodes[0].kind, r.count("H1"))
	}
	parents := r.parents()
	for index, page := range r.pages {
		if page.stray != "" {
			r.t.Errorf("page %d shows %q outside the structure", index+1, page.stray)
		}
		if want := fmt.Sprintf("Page\u00a0%d sur\u00a0%d", index+1, len(r.pages)); !strings.Contains(page.artifact, want) {
			r.t.Errorf("page %d lacks its number: %q", index+1, page.artifact)
		}
		dict, _, _, err := r.context.PageDict(index+1, false)
		if err != nil {
			r.t.Fatal(err)
		}
		owners := parents[*dict.IntEntry("StructParents")]
		if len(owners) != len(page.marks) {
			r.t.Errorf("page %d has %d pieces and %d parents", index+1, len(page.marks), len(owners))
		}
		for id, owner := range owners {
			node := r.node(owner)
			if !node.pages[index] || !strings.Contains(node.text, page.marks[id]) {
				r.t.Errorf("piece %d of page %d is said to belong to %s %q", id, index+1, node.kind, node.text)
			}
		}
	}
}

func (r *readPDF) node(number int) readNode {
	for _, node := range r.nodes {
		if node.number == number {
			return node
		}
	}
	r.t.Fatalf("no element has the number %d", number)
	return readNode{}
}
