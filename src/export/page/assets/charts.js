import { element, setText } from './dom.js'

const dark = matchMedia('(prefers-color-scheme: dark)')
const height = 150

/** Writes the time axis: hours, minutes and seconds. */
const times = (_, values) => values.map((seconds) => new Date(seconds * 1000).toTimeString().slice(0, 8))

/** A plot with up to three lines, whose last values are also in its caption. */
export class Chart {
  /**
   * @param title what the plot shows
   * @param lines the names of its lines
   * @param format writes a value
   */
  constructor(title, lines, format) {
    this.format = format
    this.title = title
    this.lines = lines
    this.keys = lines.map((_, i) => element('span', { class: `key line-${i + 1}` }))
    this.area = element('div', { class: 'plot', role: 'img', 'aria-label': title })
    this.figure = element(
      'figure',
      {},
      element('figcaption', {}, element('strong', { text: title }), ...this.keys),
      this.area,
    )
    this.data = [[], ...lines.map(() => [])]
    dark.addEventListener('change', (this.restyle = () => this.build()))
    this.resizes = new ResizeObserver(() => this.resize())
    this.resizes.observe(this.area)
  }

  /** @param data seconds, and the values of each line; null where there is none */
  update(data) {
    this.data = data
    const texts = this.lines.map(
      (name, i) => `${name === '' ? '' : `${name} `}${this.format(data[i + 1].at(-1) ?? undefined)}`,
    )
    for (const [i, key] of this.keys.entries()) setText(key, texts[i])
    this.area.setAttribute('aria-label', `${this.title}: now ${texts.join(', ')}`)
    if (this.plot === undefined) this.build()
    else this.plot.setData(data)
  }

  remove() {
    dark.removeEventListener('change', this.restyle)
    this.resizes.disconnect()
    this.plot?.destroy()
    this.figure.remove()
  }

  resize() {
    const width = this.area.clientWidth
    if (width > 0 && this.plot !== undefined) this.plot.setSize({ width, height })
    else if (width > 0) this.build()
  }

  build() {
    const width = this.area.clientWidth
    if (width === 0) return
    this.plot?.destroy()
    const style = getComputedStyle(document.documentElement)
    const color = (name) => style.getPropertyValue(`--${name}`).trim()
    const axis = { stroke: color('muted'), grid: { stroke: color('border'), width: 0.5 }, ticks: { show: false } }
    const written = (_, values) => values.map((value) => this.format(value))
    this.plot = new globalThis.uPlot(
      {
        width,
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.1 : 1] } },
        axes: [
          { ...axis, space: 70, size: 28, values: times },
          { ...axis, size: 64, values: written },
        ],
        series: [
          {},
          ...this.lines.map((_, i) => ({ stroke: color(`line-${i + 1}`), width: 1.5, points: { show: false } })),
        ],
      },
      this.data,
      this.area,
    )
  }
}
