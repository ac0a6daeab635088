import { type Family, type FamilyTable, isTable, nameOf, type SampleFamily } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import { isCumulative } from '../../model/layout/metric-types.js'
import type { Pause } from '../../model/pause.js'
import type { Formatter } from '../formatter.js'
import { ByteChunks } from './bytes.js'
import type { Dialect, Heading } from './dialect.js'
import { escapeLabelValue } from './escape.js'
import { formatExemplar } from './exemplar.js'
import { formatNumber } from './number.js'
import { untyped } from './samples.js'
import { TextFamily } from './text-family.js'

const encoder = new TextEncoder()

/** The parts of a family that are shown: all, without the creation time of its series, or without its type. */
type Rendering = 'whole' | 'undated' | 'untyped'

/** Writes families as text. Keeps the text in front of each value: the next scrape copies it. */
export class DialectFormatter implements Formatter {
  readonly isText = true
  private readonly known: Readonly<Record<Rendering, WeakMap<FamilyTable, TextFamily>>> = {
    whole: new WeakMap(),
    undated: new WeakMap(),
    untyped: new WeakMap(),
  }

  /** @param defaultLabels written on every series that has no label of that name */
  constructor(
    private readonly dialect: Dialect,
    private readonly defaultLabels: LabelSet = {},
  ) {}

  get contentType(): string {
    return this.dialect.contentType
  }

  get exemplars(): boolean {
    return this.dialect.exemplars
  }

  /** The families as chunks of bytes: sorted by name, unless the dialect keeps their order. */
  format(families: readonly Family[], pause: Pause): Promise<readonly Uint8Array[]> {
    const { arrangement, ending } = this.dialect
    return this.write(families, pause, ending, arrangement?.empty ?? ending)
  }

  /** A part of an exposition: these families without the text that ends it. */
  formatPart(families: readonly Family[], pause: Pause): Promise<readonly Uint8Array[]> {
    return this.write(families, pause, '', '')
  }

  private async write(
    families: readonly Family[],
    pause: Pause,
    ending: string,
    empty: string,
  ): Promise<readonly Uint8Array[]> {
    const out = new ByteChunks()
    const { arrangement } = this.dialect
    const between = encoder.encode(arrangement?.between)
    const sorted = arrangement === undefined ? byName(families) : families
    const renderings = this.renderings(sorted)
    let written = 0
    for (const family of sorted) {
      const rendering = renderings.get(family) ?? 'whole'
      const text = isTable(family) ? this.textOf(family, rendering) : this.foreignText(family, rendering)
      if (text === '') continue
      if (written++ > 0) out.append(between)
      if (typeof text === 'string') out.append(encoder.encode(text))
      else await text.write(out, pause)
    }
    out.append(encoder.encode(written === 0 ? empty : ending))
    return out.end()
  }

  /**
   * Finds families whose name in this format is that of another family: the counter `jobs_total` is the family `jobs`, and
   * a gauge `jobs` may exist. They are shown without their type, so that no name has to change. The same applies to
   * `jobs_created_total` beside `jobs_total`, because `jobs_created` is the creation time of the latter.
   */
  private renderings(families: readonly Family[]): ReadonlyMap<Family, Rendering> {
    const renderings = new Map<Family, Rendering>()
    const shownName = (family: Family): string => this.dialect.familyName(headOf(family))
    const kept = (family: Family): boolean => shownName(family) === nameOf(family)
    const names = new Set(families.filter(kept).map(nameOf))
    for (const family of families) {
      if (kept(family)) continue
      const name = shownName(family)
      if (names.has(name)) renderings.set(family, 'untyped')
      else names.add(name)
    }
    if (!this.dialect.keepsCreated) return renderings
    const owners = new Map(families.filter(begins).map((family) => [`${shownName(family)}_created`, family]))
    for (const family of families) {
      const owner = owners.get(shownName(family))
      if (owner === undefined || renderings.has(family) || renderings.has(owner)) continue
      if (!kept(family)) renderings.set(family, 'untyped')
      else renderings.set(owner, kept(owner) ? 'undated' : 'untyped')
    }
    return renderings
  }

  private textOf(table: FamilyTable, rendering: Rendering): TextFamily {
    const known = this.known[rendering]
    let text = known.get(table)
    if (text === undefined) {
      const dialect = rendering === 'undated' ? { ...this.dialect, created: false } : this.dialect
      known.set(table, (text = new TextFamily(table, dialect, this.defaultLabels, rendering === 'untyped')))
    }
    return text
  }

  private foreignText(family: SampleFamily, rendering: Rendering): string {
    let text = ''
    for (const one of this.dialect.conform(family)) {
      const renderedFamily = rendering === 'untyped' ? untyped(one, this.dialect) : one
      text += this.sampleLines({
        ...renderedFamily,
        samples: renderedFamily.samples.filter(({ name }) => this.fits(name, renderedFamily, rendering)),
      })
    }
    return text
  }

  private fits(sample: string, family: SampleFamily, rendering: Rendering): boolean {
    if (rendering === 'whole') return true
    if (rendering === 'untyped') return sample === family.name
    return sample !== `${this.dialect.familyName(family)}_created`
  }

  private sampleLines(family: SampleFamily): string {
    let text = this.dialect.heading(family)
    for (const { name, labels, value, exemplar } of family.samples) {
      const all = Object.entries(this.withDefaults(labels))
      const inside = all.map(([label, text]) => `${label}="${escapeLabelValue(String(text))}"`).join(',')
      const example = exemplar !== undefined && this.dialect.exemplars ? formatExemplar(exemplar) : ''
      text += `${name}${inside === '' ? '' : `{${inside}}`} ${formatNumber(value)}${example}\n`
    }
    return text
  }

  private withDefaults(labels: LabelSet): LabelSet {
    const { defaultLabels } = this
    return this.dialect.arrangement === undefined
      ? { ...defaultLabels, ...labels }
      : { ...labels, ...defaultLabels, ...labels }
  }
}

function byName(families: readonly Family[]): readonly Family[] {
  return [...families].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0))
}

function headOf(family: Family): Heading {
  return isTable(family) ? family.family : family
}

/** Whether a family has the time at which its series began. */
function begins(family: Family): boolean {
  return isCumulative(headOf(family).type)
}
