import { readFileSync, type Stats, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { MetricsError } from '../../model/errors.js'
import { absolutePath } from '../../platform/paths.js'

/** Paths of files in PEM, or for error texts what their options are called. */
export interface TlsPaths {
  /** The certificates to trust, instead of those that Node trusts. */
  readonly ca?: string | undefined
  /** The certificate of this client. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** The contents of the files, as Node's options. */
export type TlsContents = { readonly [N in keyof TlsPaths]?: Buffer }

/** The certificates of a client. Renewed files are read again. */
export class TlsFiles {
  private readonly files: readonly { readonly name: keyof TlsPaths; readonly path: string }[]
  private contents: TlsContents
  private version: string

  /**
   * Reads the files.
   *
   * @param names what the error texts call each path: an option or a variable
   * @throws MetricsError `OPTION_INVALID` if a file cannot be read, or if only one of certificate and key is named
   */
  constructor(paths: TlsPaths, names: { readonly [N in keyof TlsPaths]-?: string }) {
    const { ca, cert, key } = paths
    if ((cert === undefined) !== (key === undefined)) {
      const [present, missing] = cert === undefined ? [names.key, names.cert] : [names.cert, names.key]
      throw new MetricsError('OPTION_INVALID', `${present} needs ${missing}: a certificate is used with its key`)
    }
    const entries = Object.entries({ ca, cert, key }) as [keyof TlsPaths, string | undefined][]
    this.files = entries.flatMap(([name, path]) => (path === undefined ? [] : [{ name, path: absolutePath(path) }]))
    const read = this.files.map(({ name, path }) => {
      try {
        return [name, statSync(path), readFileSync(path)] as const
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException
        throw new MetricsError('OPTION_INVALID', `${names[name]}: ${path} cannot be read (${code})`, { cause })
      }
    })
    this.contents = Object.fromEntries(read.map(([name, , content]) => [name, content]))
    this.version = versionOf(read.map(([, stats]) => stats))
  }

  /** Returns the contents: the same object until a file has changed. If a file cannot be read, the last contents stay. */
  async current(): Promise<TlsContents> {
    try {
      const version = versionOf(await Promise.all(this.files.map(({ path }) => stat(path))))
      if (version === this.version) return this.contents
      const contents = await Promise.all(
        this.files.map(async ({ name, path }) => [name, await readFile(path)] as const),
      )
      this.contents = Object.fromEntries(contents)
      this.version = version
    } catch {
      // A file that is being replaced.
    }
    return this.contents
  }
}

function versionOf(stats: readonly Stats[]): string {
  return stats.map(({ mtimeMs, size, ino }) => `${mtimeMs}-${size}-${ino}`).join()
}
