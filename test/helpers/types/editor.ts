import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type TypeScript from 'typescript-5.8'
import { type Compiler, folderOf, installPackage } from './compilers.js'

/** What an editor shows at one position. */
export interface Shown {
  readonly completions: readonly string[]
  /** The text of the hover: the declaration, and its docstring. */
  readonly hover: string
}

/** A program in an editor; positions are marked with `|` in its lines. */
export interface Editor {
  /** Opens the program with a line at its end, and asks at the `|` in it. */
  at(line: string): Promise<Shown>
  close(): Promise<void>
}

/** Opens the language service of a compiler before 7, as editors do. */
export function openLanguageService(compiler: Compiler, program: string): Editor {
  const ts: typeof TypeScript = createRequire(import.meta.url)(folderOf(compiler)!)
  const folder = mkdtempSync(join(tmpdir(), 'promhive-editor-'))
  installPackage(folder)
  const file = join(folder, 'program.ts')
  let text = program
  let version = 0
  const options: TypeScript.CompilerOptions = {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
  }
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: (name) => (name === file ? String(version) : '0'),
    getScriptSnapshot: (name) => {
      const content = name === file ? text : ts.sys.readFile(name)
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
    },
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: (name) => (name === file ? text : ts.sys.readFile(name)),
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    realpath: ts.sys.realpath!,
  })
  return {
    async at(line) {
      text = `${program}${line.replace('|', '')}\n`
      version++
      const position = program.length + line.indexOf('|')
      const completions = service.getCompletionsAtPosition(file, position, undefined)
      const info = service.getQuickInfoAtPosition(file, position)
      const parts = [...(info?.displayParts ?? []), { text: '\n\n' }, ...(info?.documentation ?? [])]
      return {
        completions: (completions?.entries ?? []).map(({ name }) => name),
        hover: parts.map((part) => part.text).join(''),
      }
    },
    async close() {
      service.dispose()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
