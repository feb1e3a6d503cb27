// Copies the token that the page shows. Without this script the button stays hidden, and the
// token is selected and copied as any text.
(() => {
  const button = document.getElementById("copier");
  const field = document.getElementById("jeton");
  const told = document.getElementById("copie");
  if (!button || !field || !told || !navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    told.textContent = "";
    try {
      await navigator.clipboard.writeText(field.value);
      told.textContent = told.dataset.copied;
    } catch {
      field.focus();
      field.select();
      told.textContent = told.dataset.failed;
    }
  });
})();
