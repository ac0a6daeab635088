import { type Family, type FamilyTable, isTable, nameOf, type SampleFamily } from '../model/family.js'
import type { LabelSet } from '../model/label-set.js'
import { ByteChunks } from './bytes.js'
import type { Dialect } from './dialect.js'
import { escapeLabelValue } from './escape.js'
import { formatNumber } from './number.js'
import { untyped } from './samples.js'
import { type Pause, TextFamily } from './text-family.js'

const encoder = new TextEncoder()

/** Writes families as text. Keeps what it wrote in front of each value: the next scrape copies it. */
export class DialectFormatter {
  private readonly known = { typed: new WeakMap<FamilyTable, TextFamily>(), untyped: new WeakMap() }

  /** @param defaultLabels written on every series that has no label of that name */
  constructor(
    private readonly dialect: Dialect,
    private readonly defaultLabels: LabelSet,
  ) {}

  get contentType(): string {
    return this.dialect.contentType
  }

  get exemplars(): boolean {
    return this.dialect.exemplars
  }

  /** The families, sorted by name, as chunks of bytes. */
  format(families: readonly Family[], pause: Pause): Promise<readonly Uint8Array[]> {
    return this.write(families, pause, this.dialect.ending)
  }

  /** A part of an exposition: these families without what ends it. */
  formatPart(families: readonly Family[], pause: Pause): Promise<readonly Uint8Array[]> {
    return this.write(families, pause, '')
  }

  private async write(families: readonly Family[], pause: Pause, ending: string): Promise<readonly Uint8Array[]> {
    const out = new ByteChunks()
    const sorted = [...families].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0))
    const clashing = this.clashing(sorted)
    for (const family of sorted) {
      if (isTable(family)) await this.textOf(family, clashing.has(family)).write(out, pause)
      else out.append(encoder.encode(this.foreignText(family, clashing.has(family))))
    }
    out.append(encoder.encode(ending))
    return out.end()
  }

  /**
   * Those that the format would call what another family is called: a counter `jobs_total` is the family `jobs`, and
   * there may be a gauge `jobs`. They are shown without their type, then nothing has to be called otherwise.
   */
  private clashing(families: readonly Family[]): ReadonlySet<Family> {
    const shownName = (family: Family): string => this.dialect.familyName(isTable(family) ? family.family : family)
    const kept = (family: Family): boolean => shownName(family) === nameOf(family)
    const names = new Set(families.filter(kept).map(nameOf))
    return new Set(
      families.filter((family) => {
        if (kept(family)) return false
        const name = shownName(family)
        return names.has(name) || !names.add(name)
      }),
    )
  }

  private textOf(table: FamilyTable, clashing: boolean): TextFamily {
    const known = clashing ? this.known.untyped : this.known.typed
    let text = known.get(table)
    if (text === undefined) {
      known.set(table, (text = new TextFamily(table, this.dialect, this.defaultLabels, clashing)))
    }
    return text
  }

  private foreignText(family: SampleFamily, clashing: boolean): string {
    let text = ''
    for (const one of this.dialect.conform(family)) {
      if (!clashing) text += this.sampleLines(one)
      else {
        const shown = untyped(one, this.dialect)
        text += this.sampleLines({ ...shown, samples: shown.samples.filter(({ name }) => name === shown.name) })
      }
    }
    return text
  }

  private sampleLines(family: SampleFamily): string {
    let text = this.dialect.heading(family)
    for (const { name, labels, value } of family.samples) {
      const all = Object.entries({ ...this.defaultLabels, ...labels })
      const inside = all.map(([label, text]) => `${label}="${escapeLabelValue(String(text))}"`).join(',')
      text += `${name}${inside === '' ? '' : `{${inside}}`} ${formatNumber(value)}\n`
    }
    return text
  }
}
