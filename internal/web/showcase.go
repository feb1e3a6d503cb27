package web

import "html/template"

// Sample is a page with invented content.
type Sample[T any] struct {
	Name    string // what is particular: "sans-resultat"
	Content T
}

// Exhibit is a page of a space with its samples: the showcase serves them, the tests
// check them, from the same list.
type Exhibit struct {
	Name    string // of the template: "citizen/home"
	Verify  func(check func(page *template.Template, content any) error) error
	Samples []Specimen
}

// Specimen is a sample ready to be rendered.
type Specimen struct {
	Name   string
	Render func() ([]byte, error)
}

// Show makes the exhibit of a view.
func Show[T any](name string, view View[T], samples ...Sample[T]) Exhibit {
	exhibit := Exhibit{Name: name, Verify: view.Verify}
	for _, sample := range samples {
		exhibit.Samples = append(exhibit.Samples, Specimen{
			Name:   sample.Name,
			Render: func() ([]byte, error) { return view.Render(sample.Content) },
		})
	}
	return exhibit
}
