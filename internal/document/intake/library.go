package intake

import (
	"bytes"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/validate"
)

// maxPages is far above any délibération with its annexes.
const maxPages = 500

// settings are those of pdfcpu, in full: it looks for none on the disk. Relaxed is how readers read, since what offices produce
// breaks some rule or other.
func settings() *model.Configuration {
	return &model.Configuration{
		Reader15: true, ValidationMode: model.ValidationRelaxed, Offline: true, Eol: types.EolLF,
		Limits: model.ResourceLimits{
			MaxStreamBytes: Limit, MaxDecodeBytes: maxObjectText,
			MaxObjectCount: maxObjects, MaxXRefEntries: maxObjects, MaxObjectStreamCount: maxObjects, MaxObjectStreamFirst: Limit,
			MaxRecursionDepth: 100,
		},
	}
}

// readPDF lets pdfcpu read and validate a file, and tells the number of its pages.
func readPDF(content []byte) (pages int, err error) {
	pdf, err := pdfcpu.Read(bytes.NewReader(content), settings())
	switch {
	case err != nil:
		return 0, damaged("pdfcpu cannot read it")
	case pdf.Encrypt != nil:
		return 0, encrypted()
	}
	look := secondLook{pdf}
	for number := range pdf.Table {
		if err := look.at(look.follow(*types.NewIndirectRef(number, 0))); err != nil {
			return 0, err
		}
	}
	switch err := validate.XRefTable(pdf); {
	case err != nil:
		return 0, damaged("pdfcpu does not find it valid")
	case pdf.PageCount < 1:
		return 0, damaged("it has no page")
	case pdf.PageCount > maxPages:
		return 0, heavy("it has too many pages")
	}
	return pdf.PageCount, nil
}

// secondLook goes over what pdfcpu has read: through the eyes of another reader than the survey's, and knowing what stands where.
type secondLook struct{ pdf *model.Context }

// follow gives what a reference leads to, nil when it leads nowhere: readers take that for nothing.
func (l secondLook) follow(object types.Object) types.Object {
	object, err := l.pdf.Dereference(object)
	if err != nil {
		return nil
	}
	return object
}

// at looks at an object and all that it holds. pdfcpu has bounded how deep that goes.
func (l secondLook) at(object types.Object) error {
	switch object := object.(type) {
	case types.Name:
		if acting[object.Value()] {
			return active("an object names what acts by itself")
		}
	case types.Array:
		for _, item := range object {
			if err := l.at(item); err != nil {
				return err
			}
		}
	case types.Dict:
		return l.atEntries(object)
	case types.StreamDict:
		return l.atEntries(object.Dict)
	}
	return nil
}

func (l secondLook) atEntries(entries types.Dict) error {
	for key, value := range entries {
		isFile := key == "EF" && (entries["F"] != nil || entries["UF"] != nil)
		if acting[key] || isFile {
			return active("an entry names what acts by itself or carries a file")
		}
		if isTrigger := key == "OpenAction" || key == "AA"; isTrigger && l.opensAddress(value, 0) {
			return active("it opens an address by itself")
		}
		if err := l.at(value); err != nil {
			return err
		}
	}
	return nil
}

// opensAddress tells whether an action, one of those that come next or one of a dictionary of them opens an address. To go to a
// page is no harm, and neither is an address on which somebody clicks.
func (l secondLook) opensAddress(action types.Object, depth int) bool {
	const maxActions = 16
	entries, isDictionary := l.follow(action).(types.Dict)
	if !isDictionary {
		return false
	}
	next := []types.Object{entries["Next"]}
	if list, isList := l.follow(entries["Next"]).(types.Array); isList {
		next = list
	}
	kind, isAction := l.follow(entries["S"]).(types.Name)
	if !isAction {
		for _, each := range entries {
			next = append(next, each)
		}
	}
	return kind == "URI" || depth > maxActions ||
		slices.ContainsFunc(next, func(each types.Object) bool { return l.opensAddress(each, depth+1) })
}
