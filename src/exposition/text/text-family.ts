import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { FamilyTable } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import type { Pause } from '../../model/pause.js'
import type { ByteChunks } from './bytes.js'
import type { Dialect } from './dialect.js'
import { headingOf, samplesOf, untyped } from './samples.js'
import { TextBlock } from './text-block.js'
import { TextPrefixes } from './text-prefixes.js'

const encoder = new TextEncoder()
/** Lines that are written without looking at the clock. */
const linesPerBlock = 256

/** One family in its written form: its heading, the text in front of its values, and its rows in blocks. */
export class TextFamily {
  private heading: Uint8Array = new Uint8Array(0)
  private headingOf: FamilyTable['family'] | undefined
  private prefixes: TextPrefixes
  private prefixesOf: number | undefined
  private spelling: boolean
  private blocks: TextBlock[] = []
  private blocksOf: FamilyTable['order'] | undefined

  /** @param clashing whether another family has the name of this one */
  constructor(
    private readonly table: FamilyTable,
    private readonly dialect: Dialect,
    private readonly defaultLabels: LabelSet,
    private readonly clashing: boolean,
  ) {
    this.prefixes = this.newPrefixes()
    this.spelling = spellingOf(table.family)
  }

  async write(out: ByteChunks, pause: Pause): Promise<void> {
    out.append(this.currentHeading())
    this.arrange()
    const rows = Math.max(1, Math.floor(linesPerBlock / this.prefixes.samples.shapes.length))
    while (!this.prefixes.follow(rows)) if (pause.due()) await pause.rest()
    const order = this.dialect.arrangement?.rows(this.table) ?? this.table.order
    // Rows were added or removed: the written text is at other positions.
    if (this.blocksOf !== order) this.blocks = []
    this.blocksOf = order
    for (let i = 0; i * rows < order.length; i++) {
      const block = (this.blocks[i] ??= new TextBlock(
        this.table,
        this.prefixes,
        order.subarray(i * rows, (i + 1) * rows),
      ))
      out.append(block.write())
      if (pause.due()) await pause.rest()
    }
  }

  /** Discards the written text if unchanged labels have another order, or bounds another spelling. */
  private arrange(): void {
    const version = this.dialect.arrangement?.version(this.table)
    const spelling = spellingOf(this.table.family)
    const isSame = (this.prefixesOf === undefined || this.prefixesOf === version) && this.spelling === spelling
    if (!isSame) {
      this.prefixes = this.newPrefixes()
      this.blocksOf = undefined
    }
    this.prefixesOf = version
    this.spelling = spelling
  }

  private newPrefixes(): TextPrefixes {
    const { table, dialect, defaultLabels } = this
    return new TextPrefixes(table, samplesOf(this.displayedFamily(), dialect), defaultLabels, dialect.arrangement)
  }

  private currentHeading(): Uint8Array {
    const { family } = this.table
    if (this.headingOf !== family) {
      this.headingOf = family
      this.heading = encoder.encode(this.dialect.heading(headingOf(this.displayedFamily())))
    }
    return this.heading
  }

  private displayedFamily(): FamilyDescriptor {
    const { family } = this.table
    return this.clashing ? untyped(family, this.dialect) : family
  }
}

/** Whether all formats spell the bounds of a histogram in the same way. */
function spellingOf(family: FamilyDescriptor): boolean {
  return family.type === 'histogram' && family.floatBounds === true
}
