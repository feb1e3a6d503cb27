package apidocs

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"portail-qf/internal/web"
)

// Document is the OpenAPI document, as far as it is shown.
type Document struct {
	Info struct {
		Title       string `yaml:"title"`
		Version     string `yaml:"version"`
		Summary     string `yaml:"summary"`
		Description string `yaml:"description"`
	} `yaml:"info"`
	Tags       []tag               `yaml:"tags"`
	Paths      ordered[pathItem]   `yaml:"paths"`
	Components components          `yaml:"components"`
	Security   []ordered[[]string] `yaml:"security"`
}

type tag struct {
	Name        string `yaml:"name"` // the last segment of its page
	Title       string `yaml:"x-displayName"`
	Description string `yaml:"description"`
}

type pathItem struct {
	Get  *operation `yaml:"get"`
	Post *operation `yaml:"post"`
}

type operation struct {
	ID          string              `yaml:"operationId"`
	Tags        []string            `yaml:"tags"`
	Summary     string              `yaml:"summary"`
	Description string              `yaml:"description"`
	Security    []ordered[[]string] `yaml:"security"`
	Parameters  []parameter         `yaml:"parameters"`
	Body        *body               `yaml:"requestBody"`
	Samples     []sample            `yaml:"x-codeSamples"`
	Responses   ordered[response]   `yaml:"responses"`
}

type sample struct {
	Source string `yaml:"source"`
}

type parameter struct {
	Ref         string `yaml:"$ref"`
	Name        string `yaml:"name"`
	In          string `yaml:"in"`
	Required    bool   `yaml:"required"`
	Description string `yaml:"description"`
	Schema      schema `yaml:"schema"`
	Example     any    `yaml:"example"`
}

type body struct {
	Required bool             `yaml:"required"`
	Content  ordered[content] `yaml:"content"`
}

type content struct {
	Schema  schema `yaml:"schema"`
	Example any    `yaml:"example"`
}

type response struct {
	Ref         string           `yaml:"$ref"`
	Description string           `yaml:"description"`
	Content     ordered[content] `yaml:"content"`
}

type schema struct {
	Ref         string          `yaml:"$ref"`
	Type        any             `yaml:"type"`
	Format      string          `yaml:"format"`
	Description string          `yaml:"description"`
	Default     any             `yaml:"default"`
	Minimum     *int            `yaml:"minimum"`
	Maximum     *int            `yaml:"maximum"`
	Enum        []string        `yaml:"enum"`
	Words       ordered[string] `yaml:"x-enumDescriptions"`
	Required    []string        `yaml:"required"`
	Properties  ordered[schema] `yaml:"properties"`
	Items       *schema         `yaml:"items"`
}

type components struct {
	Security   ordered[scheme]    `yaml:"securitySchemes"`
	Parameters ordered[parameter] `yaml:"parameters"`
	Responses  ordered[response]  `yaml:"responses"`
	Schemas    ordered[schema]    `yaml:"schemas"`
}

type scheme struct {
	Description string `yaml:"description"`
	Flows       struct {
		Client struct {
			Scopes ordered[string] `yaml:"scopes"`
		} `yaml:"clientCredentials"`
	} `yaml:"flows"`
}

// ordered is a mapping in the order in which it is written.
type ordered[T any] []named[T]

type named[T any] struct {
	Name  string
	Value T
}

// UnmarshalYAML reads the mapping twice: for its order, and for what it holds.
func (o *ordered[T]) UnmarshalYAML(unmarshal func(any) error) error {
	var order yaml.MapSlice
	var held map[string]T
	if err := unmarshal(&order); err != nil {
		return err
	}
	if err := unmarshal(&held); err != nil {
		return err
	}
	for _, item := range order {
		name := fmt.Sprint(item.Key)
		*o = append(*o, named[T]{name, held[name]})
	}
	return nil
}

func (o ordered[T]) find(name string) (found T, known bool) {
	for _, item := range o {
		if item.Name == name {
			return item.Value, true
		}
	}
	return found, false
}

// Read reads the document of a portal.
func Read(portalURL string) (*Document, error) {
	text, err := web.Contract(portalURL)
	if err != nil {
		return nil, err
	}
	var d Document
	if err := yaml.UnmarshalWithOptions(text, &d, yaml.UseOrderedMap()); err != nil {
		return nil, fmt.Errorf("understand the document of the API: %w", err)
	}
	return &d, nil
}

// referred is the name of what a reference leads to; "" for none.
func referred(reference string) string { return reference[strings.LastIndexByte(reference, '/')+1:] }

func (d *Document) parameter(p parameter) parameter {
	if found, known := d.Components.Parameters.find(referred(p.Ref)); known {
		return found
	}
	return p
}

func (d *Document) response(r response) response {
	if found, known := d.Components.Responses.find(referred(r.Ref)); known {
		return found
	}
	return r
}

// schema is a schema with what it refers to; a description beside the reference holds.
func (d *Document) schema(s schema) schema {
	found, known := d.Components.Schemas.find(referred(s.Ref))
	if !known {
		return s
	}
	if s.Description != "" {
		found.Description = s.Description
	}
	return found
}

// tag finds a subject.
func (d *Document) tag(name string) (tag, bool) {
	for _, t := range d.Tags {
		if t.Name == name {
			return t, true
		}
	}
	return tag{}, false
}
