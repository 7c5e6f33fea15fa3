const root = document.documentElement, button = document.getElementById("language");
function show(language) {
  root.lang = language;
  for (const each of document.querySelectorAll("[data-zh]"))
    each.setAttribute("aria-label", language === "en" ? each.dataset.en : each.dataset.zh);
}
button.hidden = false;
button.addEventListener("click", () => show(root.lang === "en" ? "zh-Hans" : "en"));
document.addEventListener("DOMContentLoaded", () => show(root.lang));
show(/^zh\b/i.test(navigator.language) ? "zh-Hans" : "en");
