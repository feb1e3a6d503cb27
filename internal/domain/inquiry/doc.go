// Package inquiry is the question that a town's software asks about a family: who is
// meant, for which month, in whose name, and which parts of the answer its token opens.
// Two versions of API Particulier ask the same under other names (reference/
// api-particulier.md §7.2); an existing client must not notice that we stand in between.
//
// The package reads a query, tells every fault of it by API Particulier's own code, and
// cuts an answer down to what the scopes open. Those codes are the words of the protocol,
// which programs compare: they are not codes of package fault, which choose the sentence
// that a person reads.
//
// Four faults of the service in production are not copied (§10.4): an absent sex is
// refused and breaks nothing; a month to come is refused without a year too; a value of
// several lines is never taken for its first one; La Poste is known by the rule of its
// SIRETs. A parameter that comes twice is refused where the service takes the last, for
// nobody can say which one was meant.
package inquiry
