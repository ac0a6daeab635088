/** Maximum of names or label sets in an error. */
const maxListed = 12

/** Lists names for an error: the first of many, and the number of the others. */
export function listed(items: readonly string[]): string {
  const rest = items.length - maxListed
  return rest > 0 ? `${items.slice(0, maxListed).join(', ')} and ${rest} more` : items.join(', ')
}
