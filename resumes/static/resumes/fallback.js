/* Says so when the page's modules did not come up: in an old browser, or when one of them did not arrive. */

window.addEventListener("load", function () {
  if (document.body.getAttribute("data-up") !== "yes") document.getElementById("stuck").hidden = false;
});
