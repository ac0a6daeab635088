import { constants } from 'node:fs'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, parse } from 'node:path'
import { threadId } from 'node:worker_threads'
import { Formatters } from '../../exposition/formatters.js'
import { text } from '../../exposition/text/text.js'
import type { Gatherer } from '../../gather/gatherer.js'
import { MetricsError } from '../../model/errors.js'
import type { LabelSet } from '../../model/label-set.js'
import { describe } from '../../model/metric-name.js'
import { absolutePath } from '../../platform/paths.js'
import type { Destination, ExportedSamples } from '../contract.js'

/** Where and how a text file is written. */
export interface TextFilePlace {
  /** The file. Its name ends with `.prom`, because node_exporter reads no other files. */
  readonly path: string
  /** The permissions of the file, as a number or in octal digits. The default is 0o644. */
  readonly mode?: number | string | undefined
  /** Whether the file is removed when the exporter stops. The default is false. */
  readonly removeAtStop?: boolean | undefined
}

/** Milliseconds after which the unfinished file of another process is one that a killed process has left. */
const abandonedAfter = 60_000

const newline = 10
const hash = 35

/** A file for node_exporter's textfile collector. Readers see the old file or the new one, and never a part. */
export class TextFile implements Destination {
  readonly place: string
  private readonly path: string
  private readonly mode: number
  private readonly removeAtStop: boolean
  private readonly unfinished: string
  private swept = false
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
    this.path = absolutePath(path)
    this.mode = modeOf(options.mode)
    this.removeAtStop = removeAtStop
    this.place = this.path
    this.unfinished = join(dirname(this.path), `${this.unfinishedBeginning}${process.pid}-${threadId}.tmp`)
  }

  async send(gatherer: Gatherer, signal: AbortSignal): Promise<ExportedSamples> {
    await this.sweep()
    const chunks = await this.write(gatherer)
    if ((await stat(this.path).catch(() => undefined))?.isDirectory()) {
      throw new Error('it is a directory: name a file in it')
    }
    const file = await open(this.unfinished, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, this.mode)
    try {
      try {
        // Whatever the process's umask is.
        await file.chmod(this.mode)
        for (const chunk of chunks) await file.writeFile(chunk)
      } finally {
        await file.close()
      }
      signal.throwIfAborted()
      await rename(this.unfinished, this.path)
    } catch (cause) {
      await rm(this.unfinished, { force: true })
      throw cause
    }
    return { samples: chunks.reduce((sum, chunk) => sum + samplesIn(chunk), 0) }
  }

  async close(sends: boolean): Promise<void> {
    if (sends && this.removeAtStop) await rm(this.path, { force: true })
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

  private get unfinishedBeginning(): string {
    return `.${basename(this.path)}.`
  }

  /** Removes what killed processes have left. The name of an unfinished file does not end with `.prom`. */
  private async sweep(): Promise<void> {
    if (this.swept) return
    const folder = dirname(this.path)
    const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') throw cause
      throw new Error(`the directory ${folder} does not exist: create it, and let this user write to it`)
    })
    for (const name of names) {
      if (!name.startsWith(this.unfinishedBeginning) || !/\d+-\d+\.tmp$/.test(name)) continue
      const path = join(folder, name)
      const facts = await stat(path).catch(() => undefined)
      const isAbandoned = facts !== undefined && Date.now() - facts.mtimeMs > abandonedAfter
      if (isAbandoned || path === this.unfinished) await rm(path, { force: true })
    }
    this.swept = true
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
