// The record from which a call that runs again is answered: what each of its requests was told, in the order in which the
// call asks. Kept by whoever is a Caller (see vfs/caller); one thread.

interface Answer {
  readonly key: string | number;
  readonly value: unknown;
}

export class AnswerRecord {
  readonly #answers: Answer[] = [];
  #next = 0;

  get isEmpty(): boolean {
    return this.#answers.length === 0;
  }

  /** The call runs from its start. */
  rewind(): void {
    this.#next = 0;
  }

  /** See Caller.replay. */
  replay(key: string | number): unknown {
    const answer = this.#answers[this.#next];
    if (answer === undefined) return undefined;
    if (answer.key !== key) {
      this.#answers.length = this.#next;
      return undefined;
    }
    this.#next++;
    return answer.value;
  }

  add(key: string | number, value: unknown): void {
    this.#answers.push({ key, value });
  }

  /** Nothing of it is needed any more. */
  clear(): void {
    // Setting the length of an array takes longer than all of this, and most calls have one answer.
    while (this.#answers.length > 0) this.#answers.pop();
    this.#next = 0;
  }
}
