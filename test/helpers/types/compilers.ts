import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { provideDist, root } from '../processes/dist.js'

/** The versions of TypeScript that the types support, the oldest first. The last one builds the package. */
export const compilers = [
  'typescript-5.4',
  'typescript-5.5',
  'typescript-5.6',
  'typescript-5.7',
  'typescript-5.8',
  'typescript-5.9',
  'typescript-6.0',
  'typescript',
] as const
export type Compiler = (typeof compilers)[number]

/** Those of every run: the oldest one, the last one of each implementation. The others run in test/torture. */
export const compilersOfEachRun: readonly Compiler[] = ['typescript-5.4', 'typescript-6.0', 'typescript']

export interface CompileError {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly code: number
  /** All lines of it. */
  readonly message: string
}

/** As strict as a compiler can be asked to be. */
const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  target: 'es2022',
  lib: ['es2022'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  noEmit: true,
  types: ['node'],
}

/** Beside the tests are those that only tests of types need. */
const folders = [root, join(root, 'test', 'compilers')].map((folder) => join(folder, 'node_modules'))

/** The folder in which a compiler is installed; undefined if it is not. */
export function folderOf(compiler: Compiler): string | undefined {
  return folders.map((folder) => join(folder, compiler)).find((folder) => existsSync(folder))
}

/** Whether a compiler is installed. */
export function isInstalled(compiler: Compiler): boolean {
  return folderOf(compiler) !== undefined
}

/**
 * Compiles files as an application that has installed the package; returns the errors of the compiler.
 *
 * @param packages the folders of other installed packages, by name
 * @param changed options that differ from the strictest
 */
export function compile(
  compiler: Compiler,
  files: Readonly<Record<string, string>>,
  packages: Readonly<Record<string, string>> = {},
  changed: object = {},
): readonly CompileError[] {
  const folder = mkdtempSync(join(tmpdir(), 'promhive-compile-'))
  try {
    installPackage(folder, packages)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return compileIn(folder, compiler, changed)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Makes a folder that of an application that has installed the package. */
export function installPackage(folder: string, packages: Readonly<Record<string, string>> = {}): void {
  provideDist()
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'promhive'), 'dir')
  for (const [name, from] of Object.entries(packages)) {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true })
    symlinkSync(from, join(folder, 'node_modules', name), 'dir')
  }
  // The types of Node 20. Their package has declarations for TypeScript up to 5.6 beside those for later versions.
  symlinkSync(join(root, 'node_modules', '@types'), join(folder, 'node_modules', '@types'), 'dir')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
}

/** Compiles the files of a folder that has its packages; `changed` are options that differ from the strictest. */
export function compileIn(folder: string, compiler: Compiler, changed: object = {}): readonly CompileError[] {
  // Declarations, those of Node.js among them, take an older compiler seconds: the oldest one and the newest check them.
  const options = { ...compilerOptions, skipLibCheck: compiler === 'typescript-6.0', ...changed }
  const tsconfig = { compilerOptions: options, include: ['*.ts', '*.cts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  const { stdout, stderr, error } = spawnSync(process.execPath, [binOf(compiler), '-p', '.', '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (error !== undefined) throw error
  if (stderr !== '') throw new Error(stderr)
  return errorsIn(stdout)
}

/** The program of a compiler, as a script. */
export function binOf(compiler: Compiler): string {
  const folder = folderOf(compiler)!
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, bin.tsc)
}

function errorsIn(output: string): CompileError[] {
  const errors: CompileError[] = []
  for (const line of output.split('\n').filter((each) => each !== '')) {
    const [, file, at, column, code, message] = /^(.*?)\((\d+),(\d+)\): error TS(\d+): (.*)$/.exec(line) ?? []
    if (file !== undefined) {
      errors.push({ file, line: Number(at), column: Number(column), code: Number(code), message: message! })
    } else if (/^\s/.test(line) && errors.length > 0) {
      const last = errors.pop()!
      errors.push({ ...last, message: `${last.message}\n${line}` })
    } else throw new Error(output)
  }
  return errors
}
