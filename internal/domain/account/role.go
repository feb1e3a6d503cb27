package account

// Role is what a membership lets its holder do; package authz holds the matrix.
type Role string

// The roles of SETTLED.md, names.
const (
	Admin        Role = "admin"
	Instructor   Role = "instructor"
	Support      Role = "support"
	Reader       Role = "reader"
	EditorAdmin  Role = "editor_admin"
	EditorMember Role = "editor_member"
	Town         Role = "town"
	APIClient    Role = "api_client" // a software, never a person
)

// Roles lists every role, in the order of the matrix.
var Roles = [...]Role{Admin, Instructor, Support, Reader, EditorAdmin, EditorMember, Town, APIClient}

// Staff tells the roles of the operator's own people, who need a second factor
// (PRODUCT.md §1).
func (r Role) Staff() bool {
	return r == Admin || r == Instructor || r == Support || r == Reader
}

// Editor tells the roles of an editor's people.
func (r Role) Editor() bool { return r == EditorAdmin || r == EditorMember }

// Space is one of the five faces of the back-office. A role opens one.
type Space string

// The spaces.
const (
	SpaceAdministration Space = "administration"
	SpaceInstruction    Space = "instruction"
	SpaceSupport        Space = "support"
	SpaceEditor         Space = "editor"
	SpaceTown           Space = "town"
)

// Spaces lists every space.
var Spaces = [...]Space{SpaceAdministration, SpaceInstruction, SpaceSupport, SpaceEditor, SpaceTown}

// Space is the one that the role opens; "" for a role that no person holds.
func (r Role) Space() Space {
	switch r {
	case Admin, Reader:
		return SpaceAdministration
	case Instructor:
		return SpaceInstruction
	case Support:
		return SpaceSupport
	case EditorAdmin, EditorMember:
		return SpaceEditor
	case Town:
		return SpaceTown
	case APIClient:
	}
	return ""
}

// Path is the address of the home page of a space.
func (s Space) Path() string {
	switch s {
	case SpaceAdministration:
		return "/administration"
	case SpaceInstruction:
		return "/instruction"
	case SpaceSupport:
		return "/assistance"
	case SpaceEditor:
		return "/editeur"
	case SpaceTown:
		return "/collectivite"
	}
	return "/espaces"
}

// Grantable are the roles that a role may give and take, in its own organisation; an
// administrator in any. A test of package authz proves that nobody grants what he does
// not hold.
func (r Role) Grantable() []Role {
	switch r {
	case Admin:
		return []Role{Admin, Instructor, Support, Reader, EditorAdmin, EditorMember, Town}
	case EditorAdmin:
		return []Role{EditorAdmin, EditorMember}
	case Instructor, Support, Reader, EditorMember, Town, APIClient:
	}
	return nil
}
