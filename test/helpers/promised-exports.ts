import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-5.8'
import { root } from './source-imports.js'

type Types = { readonly types?: string }
type Door = Types & { readonly import?: Types }

/** The doors of other clients: their exports have the names of promhive's own. */
const clients = /^\.\/(prom-client|prometheus-io)$/

/**
 * The functions and properties of the public API that return promises, from the type declarations: `Registry.metrics`. The
 * name of a client's door comes first: `prom-client/Registry.metrics`.
 */
export function promisedExports(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, Door> }
  const doors = Object.entries(exports).flatMap(([door, { types, import: own }]) => {
    const file = clients.test(door) ? types : own?.types
    return file === undefined ? [] : [{ client: clients.exec(door)?.[1], file: join(root, file) }]
  })
  const options = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    strict: true,
  }
  const program = ts.createProgram(
    doors.map(({ file }) => file),
    options,
  )
  const found = doors.flatMap(({ client, file }) => {
    const search = new Search(program.getTypeChecker())
    search.door(program.getSourceFile(file)!)
    return [...search.found].map((name) => (client === undefined ? name : `${client}/${name}`))
  })
  return [...new Set(found)].sort()
}

class Search {
  readonly found = new Set<string>()
  private readonly seen = new Set<string>()

  constructor(private readonly checker: ts.TypeChecker) {}

  door(file: ts.SourceFile): void {
    for (const symbol of this.checker.getExportsOfModule(this.checker.getSymbolAtLocation(file)!)) {
      const named = symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol
      if (named.flags & ts.SymbolFlags.Value) this.visit(symbol.name, this.checker.getTypeOfSymbol(named), 0)
    }
  }

  private visit(path: string, type: ts.Type, depth: number): void {
    const key = `${path} ${depth}`
    if (depth > 3 || this.seen.has(key)) return
    this.seen.add(key)
    if (parts(type).some(isPromise)) this.found.add(`${path} (property)`)
    for (const signature of type.getCallSignatures()) {
      for (const given of parts(signature.getReturnType())) {
        if (isPromise(given)) this.found.add(path)
        const inner = isPromise(given) ? this.checker.getTypeArguments(given as ts.TypeReference)[0]! : given
        if (isOurs(inner) && inner.symbol.name !== '__type') this.visit(nameOf(inner), inner, depth + 1)
      }
    }
    for (const signature of type.getConstructSignatures()) {
      const made = signature.getReturnType()
      if (isOurs(made)) this.visit(nameOf(made), made, depth + 1)
    }
    if (isOurs(type)) this.members(path, type, depth)
  }

  private members(path: string, type: ts.Type, depth: number): void {
    for (const member of this.checker.getPropertiesOfType(type)) {
      const [declaration] = member.declarations ?? []
      if (declaration === undefined || !isOurDeclaration(declaration)) continue
      const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
      if (ts.getCombinedModifierFlags(declaration) & hidden) continue
      if (ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal')) continue
      this.visit(`${path}.${member.name}`, this.checker.getTypeOfSymbol(member), depth + 1)
    }
  }
}

/** The name of a class. The declarations of several doors number equal names: `Registry$1`. */
function nameOf(type: ts.Type): string {
  return type.symbol.name.replace(/\$\d+$/, '')
}

function parts(type: ts.Type): readonly ts.Type[] {
  return type.isUnion() ? type.types : [type]
}

function isPromise(type: ts.Type): boolean {
  return type.symbol?.name === 'Promise'
}

function isOurs(type: ts.Type): boolean {
  return type.symbol?.declarations?.some(isOurDeclaration) ?? false
}

function isOurDeclaration(declaration: ts.Declaration): boolean {
  return declaration.getSourceFile().fileName.startsWith(join(root, 'dist'))
}
