package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"portail-qf/internal/app"
	"portail-qf/internal/domain/fault"
)

// Why no form of a file was published.
var (
	errFaulty = errors.New("aucun formulaire n’est publié\u00a0: corrigez le fichier")
	errTaken  = errors.New("aucun formulaire n’est publié\u00a0: un formulaire du fichier est déjà celui d’un autre éditeur")
)

// importForms publishes the request forms of a file, and says what became of each.
func importForms(ctx context.Context, portal *app.App, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	imported, err := portal.Templates.Import(ctx, file)
	switch {
	case fault.Is(err, "template.taken"):
		return errTaken
	case err != nil:
		return err
	case len(imported.Faults) > 0:
		list("Fautes", imported.Faults)
		return errFaulty
	}
	var published, unchanged []string
	for _, form := range imported.Forms {
		line := fmt.Sprintf("%s, version %d", form.UID, form.Version)
		if form.New {
			published = append(published, line)
		} else {
			unchanged = append(unchanged, line)
		}
	}
	list("Formulaires publiés", published)
	list("Formulaires inchangés", unchanged)
	return nil
}
