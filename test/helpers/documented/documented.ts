import { type Block, DocumentationPage } from '../documentation-page.js'

const pages = new Map<string, DocumentationPage>()

export function pageAt(path: string): DocumentationPage {
  const page = pages.get(path) ?? new DocumentationPage(path)
  pages.set(path, page)
  return page
}

/** Whether a row of a table means this block of its page. */
export function means({ start }: { readonly start?: string }, block: Block): boolean {
  if (start === undefined) return block.file !== undefined
  return block.file === undefined && block.text.startsWith(start)
}

/** The block that a row means. */
export function blockOf(row: { readonly page: string; readonly start: string }): Block {
  const block = pageAt(row.page).blocks.find((each) => means(row, each))
  if (block === undefined) throw new Error(`${row.page} has no block that begins with ${row.start}`)
  return block
}
