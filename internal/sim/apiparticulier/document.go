package apiparticulier

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed families/*.yaml
var ownFiles embed.FS

// document is a family as a file or a control call writes it.
type document struct {
	Description     string         `yaml:"description"`
	Routes          []Route        `yaml:"routes"`
	Params          map[string]any `yaml:"params"`
	Status          int            `yaml:"status"`
	Payload         any            `yaml:"payload"` // an object, or its JSON text
	Identity        *Identity      `yaml:"identity"`
	OutsideContract string         `yaml:"outside_contract"`
}

// ownFamilies reads the project's families, in the order of their file names.
func ownFamilies() ([]Family, error) {
	var families []Family
	err := readFiles(ownFiles, "families", func(_ string, d document) error {
		for _, route := range d.Routes {
			family, err := d.family(route)
			if err != nil {
				return err
			}
			if route == RouteV2 {
				if family.Status, family.Payload, err = translate(family.Status, family.Payload); err != nil {
					return err
				}
			}
			families = append(families, family)
		}
		return nil
	})
	return families, err
}

// officialFolders are the sub-folders of the official data, and the route of each.
var officialFolders = []struct {
	name  string
	route Route
}{{"v2", RouteV2}, {"v3-identite", RouteV3Identity}, {"v3-franceconnect", RouteV3FranceConnect}}

// ReadFamilies reads the families of the official sandbox from dir (FAMILIES_DIR in
// SETTLED.md), one file each in v2, v3-identite and v3-franceconnect. Those that FranceConnect
// can sign in are offered on its page.
func ReadFamilies(dir string) ([]Family, error) {
	var families []Family
	for _, folder := range officialFolders {
		err := readFiles(os.DirFS(dir), folder.name, func(name string, d document) error {
			family, err := d.family(folder.route)
			if err != nil {
				return err
			}
			if claims, complete := family.Claims(); complete && folder.route == RouteV3FranceConnect {
				label := fmt.Sprintf("%s %s (exemple officiel)", claims["given_name"], claims["family_name"])
				family.Identity = &Identity{Key: name, Label: label}
			}
			families = append(families, family)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return families, nil
}

// readFiles hands each YAML file of folder to use, named without its extension.
func readFiles(root fs.FS, folder string, use func(name string, d document) error) error {
	entries, err := fs.ReadDir(root, folder)
	if err != nil {
		return fmt.Errorf("list families: %w", err)
	}
	for _, entry := range entries {
		extension := path.Ext(entry.Name())
		if extension != ".yaml" && extension != ".yml" {
			continue
		}
		content, err := fs.ReadFile(root, path.Join(folder, entry.Name()))
		if err != nil {
			return fmt.Errorf("read family: %w", err)
		}
		var d document
		if err := yaml.Unmarshal(content, &d); err != nil {
			return fmt.Errorf("read family %s/%s: %w", folder, entry.Name(), err)
		}
		if err := use(strings.TrimSuffix(entry.Name(), extension), d); err != nil {
			return fmt.Errorf("read family %s/%s: %w", folder, entry.Name(), err)
		}
	}
	return nil
}

// family is what the document answers on route.
func (d document) family(route Route) (Family, error) {
	if len(d.Params) == 0 {
		return Family{}, errors.New("params are missing")
	}
	params, _, err := readParams(d.Params)
	if err != nil {
		return Family{}, err
	}
	payload, err := d.payload()
	if err != nil {
		return Family{}, err
	}
	if d.Status < 200 || d.Status > 599 {
		return Family{}, fmt.Errorf("status %d is not one of an answer", d.Status)
	}
	return Family{
		Description: d.Description, Route: route, Params: params, Status: d.Status, Payload: payload,
		Identity: d.identity(route), OutsideContract: d.OutsideContract,
	}, nil
}

// identity keeps the entry of FranceConnect's page on the route that FranceConnect leads to.
func (d document) identity(route Route) *Identity {
	if route != RouteV3FranceConnect {
		return nil
	}
	return d.Identity
}

func (d document) payload() (json.RawMessage, error) {
	switch written := d.Payload.(type) {
	case nil:
		return nil, errors.New("payload is missing")
	case string:
		if !json.Valid([]byte(written)) {
			return nil, errors.New("payload is not JSON")
		}
		return json.RawMessage(written), nil
	default:
		payload, err := json.Marshal(written)
		if err != nil {
			return nil, fmt.Errorf("write payload: %w", err)
		}
		return payload, nil
	}
}
