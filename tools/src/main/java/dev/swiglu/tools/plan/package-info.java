/** Plans that people edit between looking and rewriting. */
package dev.swiglu.tools.plan;
