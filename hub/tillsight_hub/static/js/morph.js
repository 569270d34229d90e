// Makes an element look like new HTML while keeping every node that need not change: focus, selection, scroll
// positions and open details survive.

/** Give `element` the children that `html` describes. */
export function fill(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  morphChildren(element, template.content);
}

function morphChildren(old, fresh) {
  const wanted = [...fresh.childNodes];
  for (const [at, node] of wanted.entries()) {
    const present = old.childNodes[at];
    if (!present) {
      old.append(node);
    } else if (present.nodeType !== node.nodeType || present.nodeName !== node.nodeName) {
      present.replaceWith(node);
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      if (isSameMoment(present, node)) continue;
      morphAttributes(present, node);
      morphChildren(present, node);
    } else if (present.nodeValue !== node.nodeValue) {
      present.nodeValue = node.nodeValue;
    }
  }
  while (old.childNodes.length > wanted.length) old.lastChild.remove();
}

function morphAttributes(old, fresh) {
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" && old.localName === "details")) old.removeAttribute(name);
  }
}

// A time says "12 s ago", which the clock keeps true: it is not to flash back to the "14:03:22" of the HTML.
function isSameMoment(present, node) {
  return present.localName === "time" && present.getAttribute("datetime") === node.getAttribute("datetime");
}
