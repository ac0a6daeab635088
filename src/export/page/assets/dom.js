// Elements of the page. Texts are set as text, never as HTML: names and help of families come from applications.

const svgNames = new Set(['svg', 'polyline'])

/** Creates an element. `class`, `text` and event handlers such as `onclick` are set as properties. */
export function element(name, attributes = {}, ...children) {
  const created = svgNames.has(name)
    ? document.createElementNS('http://www.w3.org/2000/svg', name)
    : document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'text') created.textContent = value
    else if (key.startsWith('on')) created.addEventListener(key.slice(2), value)
    else if (value !== undefined) created.setAttribute(key, value)
  }
  created.append(...children)
  return created
}

export function byId(id) {
  return document.getElementById(id)
}

/** Sets a text only if it differs, so that selections and screen readers are not disturbed. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text
}

/** A table in a group that scrolls and can be focused. */
export function table(label, columns) {
  const body = element('tbody')
  const heads = columns.map(({ title, class: name }) => element('th', { scope: 'col', text: title, class: name }))
  const whole = element('table', {}, element('thead', {}, element('tr', {}, ...heads)), body)
  const region = element('div', { class: 'scroll', role: 'group', 'aria-label': label, tabindex: '0' }, whole)
  return { region, body }
}

/** Writes rows of texts into a table body, and reuses its cells. */
export function fillRows(body, columns, rows) {
  while (body.rows.length > rows.length) body.deleteRow(-1)
  for (const [i, cells] of rows.entries()) {
    const row = body.rows[i] ?? body.insertRow()
    for (const [at, cell] of cells.entries()) {
      const { text, class: extra = '' } = typeof cell === 'string' ? { text: cell } : cell
      const target = row.cells[at] ?? row.insertCell()
      setText(target, text)
      const name = `${columns[at].class ?? ''} ${extra}`.trim()
      if (target.className !== name) target.className = name
    }
  }
}
