import { stat } from 'node:fs/promises'
import { dirname, extname, join, parse } from 'node:path'
import { Formatters } from '../../exposition/formatters.js'
import { text } from '../../exposition/text/text.js'
import type { Gatherer } from '../../gather/gatherer.js'
import { MetricsError } from '../../model/errors.js'
import type { LabelSet } from '../../model/label-set.js'
import { describe } from '../../model/metric-name.js'
import { absolutePath } from '../../platform/paths.js'
import type { Destination, ExportedSamples } from '../contract.js'
import { ReplacedFile } from '../replaced-file.js'

/** Where and how a text file is written. */
export interface TextFilePlace {
  /** The file. Its name ends with `.prom`, because node_exporter reads no other files. */
  readonly path: string
  /** The permissions of the file, as a number or in octal digits. The default is 0o644. */
  readonly mode?: number | string | undefined
  /** Whether the file is removed when the exporter stops. The default is false. */
  readonly removeAtStop?: boolean | undefined
}

const newline = 10
const hash = 35

/** A file for node_exporter's textfile collector. Readers see the old file or the new one, and never a part. */
export class TextFile implements Destination {
  readonly place: string
  private readonly file: ReplacedFile
  private readonly removeAtStop: boolean
  private labels: LabelSet | undefined
  private formatters = new Formatters()

  /** @throws MetricsError `OPTION_INVALID` */
  constructor(options: TextFilePlace) {
    const { path, removeAtStop = false } = options
    if (typeof path !== 'string' || path === '') throw invalid(`path must be a file, got ${describe(path)}`)
    if (extname(path) !== '.prom') {
      throw invalid(`node_exporter reads only files that end with .prom: name it ${JSON.stringify(promNameOf(path))}`)
    }
    if (typeof removeAtStop !== 'boolean') {
      throw invalid(`removeAtStop must be true or false, got ${describe(removeAtStop)}`)
    }
    this.place = absolutePath(path)
    this.file = new ReplacedFile(this.place, modeOf(options.mode))
    this.removeAtStop = removeAtStop
  }

  async send(gatherer: Gatherer, signal: AbortSignal): Promise<ExportedSamples> {
    const chunks = await this.write(gatherer)
    if ((await stat(this.place).catch(() => undefined))?.isDirectory()) {
      throw new Error('it is a directory: name a file in it')
    }
    await this.file.replaceInPieces(chunks, signal).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') throw cause
      const text = `the directory ${dirname(this.place)} does not exist: create it, and let this user write to it`
      throw new Error(text, { cause })
    })
    return { samples: chunks.reduce((sum, chunk) => sum + samplesIn(chunk), 0) }
  }

  async close(sends: boolean): Promise<void> {
    if (sends && this.removeAtStop) await this.file.remove()
  }

  private async write(gatherer: Gatherer): Promise<readonly Uint8Array[]> {
    const gathered = await gatherer.gather()
    try {
      const { defaultLabels, families, pause } = gathered
      if (this.labels !== defaultLabels) this.formatters = new Formatters(defaultLabels)
      this.labels = defaultLabels
      return await this.formatters.of(text.contentType)!.format(families, pause)
    } finally {
      gathered.release()
    }
  }
}

/** Such as `shop.prom` for `shop.txt`. */
function promNameOf(path: string): string {
  const { dir, name } = parse(path)
  return join(dir, `${name}.prom`)
}

/** @throws MetricsError `OPTION_INVALID` */
function modeOf(mode: unknown): number {
  if (mode === undefined) return 0o644
  const number = typeof mode === 'string' && /^0?o?[0-7]{3}$/.test(mode) ? Number.parseInt(mode.slice(-3), 8) : mode
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 0o777) {
    if ((number & 0o400) !== 0) return number
    throw invalid(`mode ${number.toString(8)} does not let the owner read the file; use 644`)
  }
  throw invalid(`mode must be permissions such as 0o644 or "644", got ${describe(mode)}`)
}

function samplesIn(chunk: Uint8Array): number {
  let [samples, start] = [0, 0]
  for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
    if (end > start && chunk[start] !== hash) samples++
    start = end + 1
  }
  return samples
}

function invalid(what: string): MetricsError {
  return new MetricsError('OPTION_INVALID', `startTextFile: ${what}`)
}
