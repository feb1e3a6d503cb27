// Package tokens shows the tokens of API Particulier to those whom they concern: the people of
// an editor, the agents of a town, and those who watch over them. A page never holds the text
// of a token, save the answer to the POST that collects it or has it shown again
// (PRODUCT.md 3.4): opening, fetching ahead or scanning the address that mails give changes
// nothing and shows nothing.
//
// The page of a token is one for all, hence a package of its own; the lists are in the spaces,
// one each (Roots). The handlers are in the file of their page; view_*.go say what each page
// prints, and the French is in templates/pages/tokens and templates/messages/token.tmpl.
package tokens
