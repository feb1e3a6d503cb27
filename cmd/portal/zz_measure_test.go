package main
import ("testing";"fmt";"time";"strings";"os/exec";"os";"bytes")
func siretOf(i int) string {
	base := fmt.Sprintf("2%07d", i)
	// find 14 digits with luhn
	for k := range 100000 {
		text := fmt.Sprintf("%s%06d", base, k)
		sum := 0
		for j := range 14 { d := int(text[j]-'0'); if (14-j)%2==0 { d*=2; if d>9 {d-=9} }; sum += d }
		if sum%10==0 { return text }
	}
	return ""
}
func TestMeasure(t *testing.T) {
	s := setScene(t)
	var b strings.Builder
	b.WriteString(`{"editeurs":[{"siret":"90511200900014","nom":"Tilleul"}],"collectivites":[`)
	const many = 35000
	for i := range many { if i>0 {b.WriteByte(',')}; fmt.Fprintf(&b, `{"siret":%q,"name":"Commune %d","code_cog":"03990","code_postal":"03420","formulaire":"ouvert"}`, siretOf(i), i) }
	b.WriteString(`],"habilitations":[`)
	for i := range many { if i>0 {b.WriteByte(',')}; fmt.Fprintf(&b, `{"demande":%d,"siret":%q,"etat":"validee","validee_le":"2025-02-03T09:12:00+01:00","intitule":"Cantine","formulaire":"x","editeur":"90511200900014","avec_jeton":true,"avec_formulaire":true,"donnees":["cnaf_quotient_familial"],"demandeur":{"mail":"a%d@example.fr","prenom":"A","nom":"B"},"dpd":{"mail":"dpd@example.fr"},"abonnement":"actif","jetons":[{"jti":%q,"iat":1738570320,"exp":1785967199}]}`, 100000+i, siretOf(i), i, identifier(i)) }
	b.WriteString(`]}`)
	name := written(t, b.String())
	fmt.Println("MB", b.Len()>>20)
	for _, options := range [][]string{{"--dry-run"}, {}, {}} {
		var out, errs bytes.Buffer
		c := exec.Command(os.Args[0], append([]string{"import-existant", name}, options...)...)
		c.Env, c.Stdout, c.Stderr = s.environment, &out, &errs
		start := time.Now()
		err := c.Run()
		fmt.Println(options, time.Since(start), err, errs.String())
		fmt.Println(out.String())
		if ru, ok := c.ProcessState.SysUsage().(interface{}); ok { fmt.Printf("%+v\n", ru) }
	}
}
