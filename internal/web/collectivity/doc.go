// Package collectivity is the space of the agents of a local authority: where its form
// stands, how its dossiers move on, and who else comes here.
//
// The tenant of every page is the organisation for which the person acts. Of dossiers the
// town sees numbers here: their content is in HubEE (PRODUCT.md §1). The French is in
// templates/pages/collectivity.
package collectivity
