package apidocs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"portail-qf/internal/web"
)

const (
	docsPath = "/api/docs"
	jsonType = "application/json"
)

// homePage is where whoever writes a program begins.
type homePage struct {
	web.ProPage
	Version   string
	Intro     []block
	PortalURL string
	Subjects  []subjectLink
	Scopes    []namedText
	Problem   objectView
	Commands  []string // the first ones, in order
}

// subjectLink leads to the page of a subject.
type subjectLink struct {
	Title, URL string
	Operations []operationLink
}

type operationLink struct{ Summary, Method, Path, URL string }

type namedText struct{ Name, Text string }

// subjectPage is the operations of a subject.
type subjectPage struct {
	web.ProPage
	Title      string
	Intro      []block
	Operations []operationView
	Common     []answerView // that several operations have
	Objects    []objectView // to which the operations refer
	Others     []subjectLink
}

// operationView is one method of one address.
type operationView struct {
	ID, Summary, Method, Path string
	Intro                     []block
	Shown                     []string // codes of what a call shows: "docs.security.<code>"
	Scope                     string   // that the access must have; "" for none
	Parameters                []fieldView
	BodyType                  string // "" for no body
	BodyOptional              bool
	Body                      []fieldView
	BodyExample               string
	Command                   string
	Answers                   []answerView
	Common                    []string // statuses of the answers that are told once for the page; "" for any other
}

// answerView is one status of an operation.
type answerView struct {
	Status  string // "200"; "" for any other
	Text    []span
	Good    bool
	Object  string // the name of the object that is answered; "" for none
	Listed  bool   // a list of them, without anything around
	Example string
}

// objectView is the members of an object.
type objectView struct {
	Name   string
	Fields []fieldView
}

// fieldView is a parameter, or a member.
type fieldView struct {
	Name     string
	Type     string // "docs.type.<code>"
	Of       string // the name of the objects of a list
	In       string // of a parameter: "path", "query", "header"
	Optional bool
	Nullable bool
	Text     []span
	Values   []namedText
	Bounds   bounds
	Example  string
}

// bounds are those of a number, and what is taken where it is not given.
type bounds struct {
	Known       bool
	Least, Most int
	Default     string
}

func newHomePage(page web.ProPage, d *Document, portalURL string) homePage {
	p := homePage{ProPage: page, Version: d.Info.Version, Intro: prose(d.Info.Description), PortalURL: portalURL, Subjects: subjects(d, "")}
	access, _ := d.Components.Security.find("editeur")
	for _, scope := range access.Flows.Client.Scopes {
		p.Scopes = append(p.Scopes, namedText{scope.Name, scope.Value})
	}
	p.Problem = object(d, "Probleme")
	for _, id := range []string{"obtenirJetonAcces", "listerClients"} {
		for _, o := range operations(d, "") {
			if o.operation.ID == id && len(o.operation.Samples) > 0 {
				p.Commands = append(p.Commands, strings.TrimSpace(o.operation.Samples[0].Source))
			}
		}
	}
	return p
}

func newSubjectPage(page web.ProPage, d *Document, subject tag) subjectPage {
	p := subjectPage{ProPage: page, Title: subject.Title, Intro: prose(subject.Description), Others: subjects(d, subject.Name)}
	var objects []string
	for _, o := range operations(d, subject.Name) {
		view := d.view(o)
		p.Operations = append(p.Operations, view)
		for _, answer := range view.Answers {
			objects = d.referredTo(objects, answer.Object)
		}
		p.addCommon(d, o)
	}
	slices.SortStableFunc(p.Common, func(a, b answerView) int {
		return strings.Compare(cmp.Or(a.Status, "default"), cmp.Or(b.Status, "default"))
	})
	for _, name := range objects {
		p.Objects = append(p.Objects, object(d, name))
	}
	return p
}

// addCommon adds the answers of an operation that others have too, each once.
func (p *subjectPage) addCommon(d *Document, o placed) {
	for _, r := range o.operation.Responses {
		if r.Value.Ref == "" {
			continue
		}
		view := d.answerView(r.Name, d.response(r.Value))
		if !slices.ContainsFunc(p.Common, func(a answerView) bool { return a.Status == view.Status && slices.Equal(a.Text, view.Text) }) {
			p.Common = append(p.Common, view)
		}
	}
}

// referredTo adds an object, and those of its lists, to some, each once.
func (d *Document) referredTo(names []string, name string) []string {
	if name == "" || slices.Contains(names, name) {
		return names
	}
	names = append(names, name)
	for _, field := range object(d, name).Fields {
		names = d.referredTo(names, field.Of)
	}
	return names
}

// placed is an operation with its address.
type placed struct {
	method, path string
	operation    *operation
}

// operations are those of a subject, "" for all, in the order of the document.
func operations(d *Document, subject string) (found []placed) {
	for _, path := range d.Paths {
		for _, one := range []placed{{"GET", path.Name, path.Value.Get}, {"POST", path.Name, path.Value.Post}} {
			if one.operation != nil && (subject == "" || slices.Contains(one.operation.Tags, subject)) {
				found = append(found, one)
			}
		}
	}
	return found
}

// subjects leads to every subject but one.
func subjects(d *Document, but string) (links []subjectLink) {
	for _, t := range d.Tags {
		if t.Name == but {
			continue
		}
		link := subjectLink{Title: t.Title, URL: docsPath + "/" + t.Name}
		for _, o := range operations(d, t.Name) {
			link.Operations = append(link.Operations, operationLink{o.operation.Summary, o.method, o.path, link.URL + "#" + o.operation.ID})
		}
		links = append(links, link)
	}
	return links
}

func (d *Document) view(o placed) operationView {
	view := operationView{
		ID: o.operation.ID, Summary: o.operation.Summary, Method: o.method, Path: o.path, Intro: prose(o.operation.Description),
	}
	if len(o.operation.Samples) > 0 {
		view.Command = strings.TrimSpace(o.operation.Samples[0].Source)
	}
	for _, alternative := range o.operation.Security {
		for _, shown := range alternative {
			view.Shown = append(view.Shown, shown.Name)
			if len(shown.Value) > 0 {
				view.Scope = shown.Value[0]
			}
		}
	}
	for _, p := range o.operation.Parameters {
		view.Parameters = append(view.Parameters, d.parameterView(d.parameter(p)))
	}
	if o.operation.Body != nil && len(o.operation.Body.Content) > 0 {
		sent := o.operation.Body.Content[0]
		view.BodyType, view.BodyOptional = sent.Name, !o.operation.Body.Required
		view.Body = d.fields(d.schema(sent.Value.Schema), "")
		if sent.Value.Example != nil {
			view.BodyExample = written(sent.Value.Example)
		}
	}
	for _, r := range o.operation.Responses {
		answer := d.answerView(r.Name, d.response(r.Value))
		if r.Value.Ref == "" {
			view.Answers = append(view.Answers, answer)
			continue
		}
		view.Common = append(view.Common, answer.Status)
	}
	return view
}

func (d *Document) answerView(status string, r response) answerView {
	view := answerView{Status: status, Text: spans(r.Description), Good: status < "300"}
	if status == "default" {
		view.Status, view.Good = "", false
	}
	if !view.Good || len(r.Content) == 0 {
		return view
	}
	held := r.Content[0].Value
	view.Object = referred(held.Schema.Ref)
	if held.Schema.Items != nil {
		view.Object, view.Listed = referred(held.Schema.Items.Ref), true
	}
	if held.Example != nil {
		view.Example = written(held.Example)
	}
	return view
}

func (d *Document) parameterView(p parameter) fieldView {
	view := d.field(p.Name, p.Schema, true)
	view.In, view.Optional, view.Text = p.In, !p.Required, spans(p.Description)
	if p.Example != nil {
		view.Example = fmt.Sprint(p.Example)
	}
	return view
}

// object is the members of one of the objects of the document.
func object(d *Document, name string) objectView {
	found, _ := d.Components.Schemas.find(name)
	return objectView{Name: name, Fields: d.fields(found, "")}
}

// fields are the members of an object, and those of the objects within, whose names follow a
// dot.
func (d *Document) fields(s schema, within string) (found []fieldView) {
	for _, property := range s.Properties {
		required := slices.Contains(s.Required, property.Name)
		view := d.field(within+property.Name, property.Value, required)
		found = append(found, view)
		inner := d.schema(property.Value)
		if inner.Items != nil {
			item := *inner.Items
			if item.Ref == "" {
				found = append(found, d.fields(item, within+property.Name+"[].")...)
			}
			continue
		}
		found = append(found, d.fields(inner, within+property.Name+".")...)
	}
	return found
}

func (d *Document) field(name string, s schema, required bool) fieldView {
	s = d.schema(s)
	kind, nullable := typeOf(s)
	view := fieldView{Name: name, Type: kind, Optional: !required, Nullable: nullable, Text: spans(s.Description)}
	if s.Items != nil && s.Items.Ref != "" {
		if item, _ := typeOf(d.schema(*s.Items)); item == "object" {
			view.Of = referred(s.Items.Ref)
		}
	}
	for _, value := range s.Enum {
		words, _ := s.Words.find(value)
		view.Values = append(view.Values, namedText{value, words})
	}
	if s.Minimum != nil && s.Maximum != nil {
		view.Bounds = bounds{Known: true, Least: *s.Minimum, Most: *s.Maximum}
		if s.Default != nil {
			view.Bounds.Default = fmt.Sprint(s.Default)
		}
	}
	return view
}

// typeOf is what a value is, and whether it may be null.
func typeOf(s schema) (kind string, nullable bool) {
	kind, _ = s.Type.(string)
	if several, isList := s.Type.([]any); isList {
		for _, one := range several {
			if one == "null" {
				nullable = true
				continue
			}
			kind = fmt.Sprint(one)
		}
	}
	if s.Format != "" {
		kind = s.Format
	}
	return kind, nullable
}
