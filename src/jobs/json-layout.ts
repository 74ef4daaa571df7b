/** JSON text laid out over lines (floor 6): compact JSON comes in, the same with an indentation goes out. */

/** The text as nlohmann's `dump(2)` writes it; its lines but the first are `depth` levels in. The text must be JSON. */
export function layOutJson(text: string, depth = 0): string {
  const out: string[] = []
  let level = depth
  let i = 0
  while (i < text.length) {
    const c = text[i]
    if (c === '"') {
      let end = i + 1
      while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1
      out.push(text.slice(i, ++end))
      i = end
      continue
    }
    i++
    if (c === '{' || c === '[') {
      const close = c === '{' ? '}' : ']'
      if (text[i] === close) {
        out.push(c + close)
        i++
      } else out.push(`${c}\n${'  '.repeat(++level)}`)
    } else if (c === '}' || c === ']') out.push(`\n${'  '.repeat(--level)}${c}`)
    else if (c === ',') out.push(`,\n${'  '.repeat(level)}`)
    else if (c === ':') out.push(': ')
    else out.push(c)
  }
  return out.join('')
}
