package main

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/value"
	"portail-qf/internal/sim/hubee"
)

// « 0 lost, 0 double; compare ids sent, rows, folders » (R1): each fault that the check is for is seen.
func TestTheCheckSeesWhatIsDoubledOrMixedUp(t *testing.T) {
	folder := func(reference, status, externalID string) hubee.Folder {
		f := hubee.Folder{Attachments: []hubee.StoredAttachment{{Content: []byte(`{"external_id":"` + externalID + `"}`)}}}
		f.ExternalID, f.GlobalStatus = "Formulaire-QF-"+reference, status
		f.Attachments[0].FileName = "FormulaireQF.json"
		return f
	}
	const complete = "HUBEE_COMPLETED"
	told := map[value.Reference]string{"A": "dossier-1", "B": "dossier-2"}
	first, second := folder("A", complete, "dossier-1"), folder("B", complete, "dossier-2")
	for name, row := range map[string]struct {
		folders []hubee.Folder
		want    check
		whole   map[value.Reference]bool
	}{
		"all is well":            {[]hubee.Folder{first, second}, check{sent: 2}, map[value.Reference]bool{"A": true, "B": true}},
		"one twice":              {[]hubee.Folder{first, second, first}, check{sent: 2, doubled: 1}, map[value.Reference]bool{"A": true, "B": true}},
		"one of nobody":          {[]hubee.Folder{first, second, folder("C", complete, "")}, check{sent: 2, doubled: 1}, map[value.Reference]bool{"A": true, "B": true, "C": true}},
		"another's":              {[]hubee.Folder{first, folder("B", complete, "dossier-1")}, check{sent: 2, mixed: 1}, map[value.Reference]bool{"A": true, "B": true}},
		"never completed":        {[]hubee.Folder{first, folder("B", "OPENED", "dossier-2")}, check{sent: 2}, map[value.Reference]bool{"A": true}},
		"a twin never completed": {[]hubee.Folder{first, second, folder("A", "OPENED", "")}, check{sent: 2}, map[value.Reference]bool{"A": true, "B": true}},
	} {
		found, whole := compareFolders(told, row.folders)
		if diff := cmp.Diff(row.want, found, cmp.AllowUnexported(check{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff(row.whole, whole); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, c := range map[string]check{"lost": {lost: 1}, "doubled": {doubled: 1}, "mixed": {mixed: 1}} {
		if c.fault() == nil {
			t.Errorf("%s is no fault", name)
		}
	}
}

// "The exit status is 1 only when a request failed": wherever it was.
func TestAFailedRequestIsAFaultOfTheBench(t *testing.T) {
	refused := errors.New("refused")
	failed := measure{failed: 1, failure: refused}
	for name, r := range map[string]results{
		"views":       {views: pages{steady: failed}},
		"sessions":    {professionals: professionals{read: failed}},
		"sign-ins":    {professionals: professionals{signIns: failed}},
		"pages":       {professionals: professionals{desk: pages{crowded: failed}}},
		"searches":    {professionals: professionals{searches: pages{steady: failed}}},
		"submissions": {submissions: submissions{whole: failed}},
		"a duel":      {deskDuel: duel{bare: []measure{failed}}},
	} {
		if err := r.fault(); !errors.Is(err, refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (results{}).fault(); err != nil {
		t.Errorf("nothing failed: %v", err)
	}
}
