#include "compile/operators.hpp"

namespace ganglion::compile {

using model::OperatorCode;

bool only_renames(OperatorCode code) {
    return code == OperatorCode::reshape || code == OperatorCode::squeeze ||
           code == OperatorCode::expand_dims;
}

bool is_convolution(OperatorCode code) {
    return code == OperatorCode::conv_2d || code == OperatorCode::depthwise_conv_2d;
}

namespace {

bool is_supported(OperatorCode code) {
    return only_renames(code) || concerns_variables(code) || moves_of(code) != nullptr ||
           lowering_of(code) != nullptr;
}

std::string supported_operators() {
    constexpr int32_t kLastCode = 160;  // of the format's list
    std::string list;
    for (int32_t code = 0; code <= kLastCode; ++code) {
        if (!is_supported(static_cast<OperatorCode>(code))) continue;
        list += (list.empty() ? "" : ", ") + model::to_string(static_cast<OperatorCode>(code));
    }
    return list;
}

}  // namespace

std::string advice_for(OperatorCode code) {
    switch (code) {
        case OperatorCode::mirror_pad:
            return "use PAD, or mirror the border with STRIDED_SLICE and CONCATENATION before the "
                   "model";
        case OperatorCode::gather:
            return "use SLICE, STRIDED_SLICE or SPLIT for constant positions";
        case OperatorCode::dequantize:
            return "float32 is possible at the model's outputs alone: quantize the whole model to "
                   "int8";
        case OperatorCode::square:
            return "use MUL of the tensor with itself instead";
        case OperatorCode::neg:
            return "use SUB from a constant 0, or MUL by a constant -1, instead";
        case OperatorCode::div:
            return "use MUL by the reciprocal instead, which a constant divisor allows";
        case OperatorCode::sqrt:
        case OperatorCode::rsqrt:
        case OperatorCode::log:
            return "take it into the features or the training loss instead";
        case OperatorCode::custom:
            return "export the model with TensorFlow Lite's built-in operators only";
        default:
            return "replace it by supported ones: " + supported_operators();
    }
}

bool concerns_variables(OperatorCode code) {
    return code == OperatorCode::call_once || code == OperatorCode::var_handle ||
           code == OperatorCode::read_variable || code == OperatorCode::assign_variable;
}

LowerMoves moves_of(OperatorCode code) {
    switch (code) {
        case OperatorCode::concatenation:
            return lower_concatenation;
        case OperatorCode::strided_slice:
            return lower_strided_slice;
        case OperatorCode::slice:
            return lower_slice;
        case OperatorCode::transpose:
            return lower_transpose;
        case OperatorCode::pack:
            return lower_pack;
        case OperatorCode::unpack:
            return lower_unpack;
        case OperatorCode::depth_to_space:
            return lower_depth_to_space;
        case OperatorCode::space_to_depth:
            return lower_space_to_depth;
        case OperatorCode::pad:
        case OperatorCode::padv2:
            return lower_pad;
        case OperatorCode::batch_matmul:
            return lower_batch_matmul;
        case OperatorCode::split:
        case OperatorCode::split_v:
            return lower_split;
        default:
            return nullptr;
    }
}

Lower lowering_of(OperatorCode code) {
    switch (code) {
        case OperatorCode::conv_2d:
            return lower_conv_2d;
        case OperatorCode::depthwise_conv_2d:
            return lower_depthwise_conv_2d;
        case OperatorCode::fully_connected:
            return lower_fully_connected;
        case OperatorCode::average_pool_2d:
            return lower_average_pool_2d;
        case OperatorCode::max_pool_2d:
            return lower_max_pool_2d;
        case OperatorCode::add:
        case OperatorCode::sub:
        case OperatorCode::mul:
        case OperatorCode::maximum:
        case OperatorCode::minimum:
        case OperatorCode::squared_difference:
        case OperatorCode::prelu:
            return lower_elementwise;
        case OperatorCode::mean:
        case OperatorCode::sum:
        case OperatorCode::reduce_max:
        case OperatorCode::reduce_min:
            return lower_reduction;
        case OperatorCode::arg_max:
        case OperatorCode::arg_min:
            return lower_arg_max;
        case OperatorCode::tanh:
            return lower_tanh;
        case OperatorCode::hard_swish:
            return lower_hard_swish;
        case OperatorCode::abs:
            return lower_abs;
        case OperatorCode::elu:
            return lower_elu;
        case OperatorCode::exp:
            return lower_exp;
        case OperatorCode::softmax:
            return lower_softmax;
        case OperatorCode::logistic:
            return lower_logistic;
        case OperatorCode::quantize:
            return lower_quantize;
        case OperatorCode::relu:
        case OperatorCode::relu6:
        case OperatorCode::relu_n1_to_1:
            return lower_relu;
        case OperatorCode::leaky_relu:
            return lower_leaky_relu;
        case OperatorCode::resize_nearest_neighbor:
            return lower_resize_nearest;
        case OperatorCode::resize_bilinear:
            return lower_resize_bilinear;
        case OperatorCode::transpose_conv:
            return lower_transpose_conv;
        case OperatorCode::unidirectional_sequence_lstm:
            return lower_lstm;
        case OperatorCode::svdf:
            return lower_svdf;
        default:
            return nullptr;
    }
}

Lower int16_lowering_of(OperatorCode code) {
    switch (code) {
        case OperatorCode::conv_2d:
            return lower_int16_conv_2d;
        case OperatorCode::depthwise_conv_2d:
            return lower_int16_depthwise_conv_2d;
        case OperatorCode::fully_connected:
            return lower_int16_fully_connected;
        case OperatorCode::average_pool_2d:
            return lower_int16_average_pool_2d;
        case OperatorCode::max_pool_2d:
            return lower_int16_max_pool_2d;
        case OperatorCode::add:
        case OperatorCode::sub:
        case OperatorCode::mul:
        case OperatorCode::maximum:
        case OperatorCode::minimum:
            return lower_int16_elementwise;
        case OperatorCode::mean:
        case OperatorCode::sum:
        case OperatorCode::reduce_max:
        case OperatorCode::reduce_min:
            return lower_int16_reduction;
        case OperatorCode::softmax:
            return lower_int16_softmax;
        case OperatorCode::logistic:
            return lower_int16_logistic;
        case OperatorCode::tanh:
            return lower_int16_tanh;
        case OperatorCode::relu:
        case OperatorCode::relu6:
        case OperatorCode::relu_n1_to_1:
            return lower_int16_relu;
        case OperatorCode::leaky_relu:
            return lower_int16_leaky_relu;
        case OperatorCode::resize_nearest_neighbor:
            return lower_resize_nearest;
        case OperatorCode::resize_bilinear:
            return lower_int16_resize_bilinear;
        case OperatorCode::transpose_conv:
            return lower_int16_transpose_conv;
        default:
            return nullptr;
    }
}

}  // namespace ganglion::compile
