import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { provideDist, root } from './processes/dist.js'

/** The oldest version of TypeScript that the types support, one between, and the one that builds the package. */
export const compilers = ['typescript-5.8', 'typescript-6.0', 'typescript'] as const
export type Compiler = (typeof compilers)[number]

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

/** Whether a compiler is installed. */
export function isInstalled(compiler: Compiler): boolean {
  return existsSync(join(root, 'node_modules', compiler))
}

/**
 * Compiles files as an application that has installed the package; returns the errors of the compiler.
 *
 * @param packages the folders of other installed packages, by name
 */
export function compile(
  compiler: Compiler,
  files: Readonly<Record<string, string>>,
  packages: Readonly<Record<string, string>> = {},
): readonly CompileError[] {
  provideDist()
  const folder = mkdtempSync(join(tmpdir(), 'promhive-compile-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules', 'promhive'), 'dir')
    for (const [name, from] of Object.entries(packages)) {
      mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true })
      symlinkSync(from, join(folder, 'node_modules', name), 'dir')
    }
    symlinkSync(join(root, 'node_modules', '@types'), join(folder, 'node_modules', '@types'), 'dir')
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return compileIn(folder, compiler)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
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

function binOf(compiler: Compiler): string {
  const { bin } = JSON.parse(readFileSync(join(root, 'node_modules', compiler, 'package.json'), 'utf8'))
  return join(root, 'node_modules', compiler, bin.tsc)
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
