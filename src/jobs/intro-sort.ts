/**
 * Sorting as libstdc++'s std::sort does it (floor 6): not stable, so the order of equal elements is that of the algorithm,
 * and a listing that Nix has sorted can only be had by its steps: introsort with the median of three, down to runs of 16,
 * then insertion sort; heap sort where quicksort goes wrong.
 */

/** Says whether `a` comes before `b`. */
export type Less<T> = (a: T, b: T) => boolean

const RUN = 16

/** Sorts in place. */
export function introSort<T>(items: T[], less: Less<T>): void {
  const n = items.length
  if (n < 2) return
  // The part to the right is sorted first, the one to the left next: that is a stack.
  const todo = [{ first: 0, last: n, limit: 2 * Math.floor(Math.log2(n)) }]
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    let { first, last, limit } = part
    const lefts: { first: number; last: number; limit: number }[] = []
    while (last - first > RUN) {
      if (limit === 0) {
        heapSort(items, first, last, less)
        break
      }
      limit--
      const cut = partition(items, first, last, less)
      lefts.push({ first: cut, last, limit })
      last = cut
    }
    // Parts do not overlap, so the order in which they are done does not matter.
    for (const left of lefts) todo.push(left)
    first = last
  }
  if (n > RUN) {
    insertionSort(items, 0, RUN, less)
    for (let i = RUN; i < n; i++) insertUnguarded(items, i, less)
  } else insertionSort(items, 0, n, less)
}

function swap<T>(items: T[], i: number, j: number): void {
  const x = items[i]
  items[i] = items[j]
  items[j] = x
}

/** Puts the median of the second, the middle and the last element first and divides the rest by it. */
function partition<T>(items: T[], first: number, last: number, less: Less<T>): number {
  const a = first + 1
  const b = first + ((last - first) >> 1)
  const c = last - 1
  if (less(items[a], items[b])) {
    if (less(items[b], items[c])) swap(items, first, b)
    else swap(items, first, less(items[a], items[c]) ? c : a)
  } else if (less(items[a], items[c])) swap(items, first, a)
  else swap(items, first, less(items[b], items[c]) ? c : b)
  const pivot = items[first]
  let low = first + 1
  let high = last
  for (;;) {
    while (less(items[low], pivot)) low++
    high--
    while (less(pivot, items[high])) high--
    if (low >= high) return low
    swap(items, low, high)
    low++
  }
}

function insertionSort<T>(items: T[], first: number, last: number, less: Less<T>): void {
  for (let i = first + 1; i < last; i++) {
    const x = items[i]
    if (less(x, items[first])) {
      for (let j = i; j > first; j--) items[j] = items[j - 1]
      items[first] = x
    } else insertUnguarded(items, i, less)
  }
}

/** Moves an element down to its place; there is one no greater below it. */
function insertUnguarded<T>(items: T[], i: number, less: Less<T>): void {
  const x = items[i]
  let j = i
  while (less(x, items[j - 1])) {
    items[j] = items[j - 1]
    j--
  }
  items[j] = x
}

function heapSort<T>(items: T[], first: number, last: number, less: Less<T>): void {
  const n = last - first
  for (let parent = (n - 2) >> 1; parent >= 0; parent--) {
    sift(items, first, parent, n, items[first + parent], less)
  }
  for (let end = n - 1; end > 0; end--) {
    const x = items[first + end]
    items[first + end] = items[first]
    sift(items, first, 0, end, x, less)
  }
}

/** Lets a hole sink to the bottom of the heap, then the element rise from there. */
function sift<T>(items: T[], first: number, hole: number, n: number, x: T, less: Less<T>): void {
  const top = hole
  let child = hole
  while (child < (n - 1) >> 1) {
    child = 2 * (child + 1)
    if (less(items[first + child], items[first + child - 1])) child--
    items[first + hole] = items[first + child]
    hole = child
  }
  if ((n & 1) === 0 && child === (n - 2) >> 1) {
    child = 2 * (child + 1)
    items[first + hole] = items[first + child - 1]
    hole = child - 1
  }
  let parent = (hole - 1) >> 1
  while (hole > top && less(items[first + parent], x)) {
    items[first + hole] = items[first + parent]
    hole = parent
    parent = (hole - 1) >> 1
  }
  items[first + hole] = x
}
