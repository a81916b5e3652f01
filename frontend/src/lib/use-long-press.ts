import { useRef, type PointerEvent, type TouchEvent } from 'react';

/** As long as systems themselves wait before they take a touch for a long press. */
const LONG_PRESS_MS = 450;
/** A finger trembles; beyond this it scrolls. */
const TREMBLE_PX = 10;

interface LongPressHandlers {
  onPointerDown: (event: PointerEvent) => void;
  onPointerMove: (event: PointerEvent) => void;
  onPointerUp: () => void;
  onPointerCancel: () => void;
  onTouchEnd: (event: TouchEvent) => void;
}

/** For fingers only: a mouse has buttons, and a pen selects. */
export function useLongPress(onLongPress: () => void): LongPressHandlers {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const start = useRef({ x: 0, y: 0 });
  const pressed = useRef(false);

  function cancel(): void {
    clearTimeout(timer.current);
  }

  return {
    onPointerDown: (event) => {
      if (event.pointerType !== 'touch') return;
      start.current = { x: event.clientX, y: event.clientY };
      cancel();
      pressed.current = false;
      timer.current = setTimeout(() => {
        pressed.current = true;
        onLongPress();
      }, LONG_PRESS_MS);
    },
    onPointerMove: (event) => {
      const moved = Math.hypot(event.clientX - start.current.x, event.clientY - start.current.y);
      if (moved > TREMBLE_PX) cancel();
    },
    onPointerUp: cancel,
    onPointerCancel: cancel,
    onTouchEnd: (event) => {
      // Lifting the finger would click on what the press has opened underneath it.
      if (pressed.current) event.preventDefault();
    },
  };
}
