import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-5.8'
import { root } from './source-imports.js'

type Door = { readonly import?: { readonly types?: string } }

/** The functions and properties of the public API that return promises, from the type declarations: `Registry.metrics`. */
export function promisedExports(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, Door> }
  const doors = Object.values(exports).flatMap(({ import: door }) => (door?.types ? [join(root, door.types)] : []))
  const program = ts.createProgram(doors, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    strict: true,
  })
  const search = new Search(program.getTypeChecker())
  for (const door of doors) search.door(program.getSourceFile(door)!)
  return [...search.found].sort()
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
        if (isOurs(inner) && inner.symbol.name !== '__type') this.visit(inner.symbol.name, inner, depth + 1)
      }
    }
    for (const signature of type.getConstructSignatures()) {
      const made = signature.getReturnType()
      if (isOurs(made)) this.visit(made.symbol.name, made, depth + 1)
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
