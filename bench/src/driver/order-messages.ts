/** What a process that drives can be told to do: by name, what it needs and what it answers. */
export type OrderTable<Orders> = {
  readonly [K in keyof Orders]: { readonly order: unknown; readonly answer: unknown };
};

export interface OrderMessage<Orders, K extends keyof Orders = keyof Orders> {
  readonly id: number;
  readonly name: K;
  readonly order: Orders[K] extends { readonly order: infer Order } ? Order : never;
}
export type AnswerMessage =
  { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly error: string };

export type Handlers<Orders> = {
  readonly [K in keyof Orders]: Orders[K] extends {
    readonly order: infer Order;
    readonly answer: infer Answer;
  }
    ? (order: Order) => Answer | Promise<Answer>
    : never;
};

/** Obeys what the parent process says, until that is gone. */
export function obey<Orders>(handlers: Handlers<Orders>): void {
  const answerTo = async ({ id, name, order }: OrderMessage<Orders>): Promise<AnswerMessage> => {
    try {
      return { id, answer: await (handlers[name] as (given: unknown) => unknown)(order) };
    } catch (error) {
      return { id, error: error instanceof Error ? error.message : String(error) };
    }
  };
  process.on('message', (message: OrderMessage<Orders>) => {
    void answerTo(message).then((answer) => process.send?.(answer));
  });
  process.on('disconnect', () => process.exit(0));
}
